"""The model for the EMA Workbench: its uncertainties, levers and outcomes from a scenario's own declarations.

``pip install 'creditregime[ema]'`` brings the workbench: 2.5 on Python 3.11, 3.0 from 3.12 on. What `ema_model` returns
is an ordinary model of the workbench, for `perform_experiments`, optimisation and every evaluator.
"""

from __future__ import annotations

import typing
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from creditregime.component import nearest
from creditregime.errors import CreditRegimeError, ScenarioError
from creditregime.laboratory.evaluation import Varied, bounds_of, tables
from creditregime.laboratory.outcomes import BY_NAME
from creditregime.laboratory.run import Given
from creditregime.laboratory.sweeps.bounds import Bounds
from creditregime.laboratory.sweeps.tables import Kept, known_indicators, refuse_unknown_indicators
from creditregime.presets import groups
from creditregime.scenario import Scenario, field_at

Factors = Mapping[str, Any] | Sequence[str]
"""Paths, presets or toggles; a mapping says what values each takes (see `ema_model`)."""

Kind = Literal["minimize", "maximize", "info"]
Levels = dict[Any, dict[str, Any]]
"""What is changed at each level of a factor."""


def ema_model(
    scenario: Given = None,
    *overrides: str,
    uncertainties: Factors = (),
    levers: Factors = (),
    outcomes: Sequence[str] | Mapping[str, Kind] = (),
    indicators: Sequence[str] = (),
    seeds: int = 1,
    replicates: Literal["mean", "each"] = "mean",
    name: str = "creditregime",
    **changes: Any,
) -> Any:
    """Return a scenario as a model of the EMA Workbench.

    Parameters
    ----------
    scenario, *overrides, **changes
        What is fixed, as `run` takes it; its seed is the first of the seeds.
    uncertainties, levers
        What varies, by dotted path or preset group; a path is named with ``_`` for ``.`` in the workbench's tables. A
        mapping says which values: ``(low, high)`` is a range, a list are categories, and None stands for what the
        parameter itself allows: its bounds, its options, the presets of the group. Under a name of one's own,
        ``{"off": {...}, "on": {...}}`` is a toggle and any other mapping a choice between named levels, each with what
        it changes, as in studies.
    outcomes
        Outcomes of a run (see the data dictionary), of each a `ScalarOutcome`; all, if none is named. A mapping says
        which are to be minimised or maximised.
    indicators
        Indicators month by month, each a `TimeSeriesOutcome` with ``_by_month`` after its name.
    seeds
        Number of seeds of each experiment. All experiments share them (common random numbers).
    replicates
        ``mean``: a `Model`, whose outcomes are means over the seeds. ``each``: a `ReplicatorModel`, whose outcomes are
        arrays with one value (or series) a seed, ``_by_seed`` after their names.
    name
        Name of the model in the workbench's tables; letters and digits.

    Raises
    ------
    CreditRegimeError
        One line: the workbench is not installed, or what is wrong with the scenario, the parameters or the names.

    Notes
    -----
    A run that fails ends the experiments with an error that names the seed and the reason: the workbench would store
    the outcomes of the run before in its place. Its evaluators with several processes import the script again where
    processes are spawned (always, once mesa 3.3 is imported), which therefore needs ``if __name__ == "__main__"``.

    Examples
    --------
    >>> fixed = ("regime=joint_2016", "population.firms=40", "months=6")
    >>> model = ema_model(*fixed, uncertainties={"fines.scale": (0.5, 2)}, levers=["joint_punishment.strength"])
    >>> [parameter.name for parameter in (*model.uncertainties, *model.levers)]
    ['fines_scale', 'joint_punishment_strength']
    """
    em = _workbench()
    if seeds < 1:
        raise ScenarioError(f"seeds: {seeds} is not allowed: at least 1 is needed")
    if replicates not in ("mean", "each"):
        raise ScenarioError(f"replicates: {replicates!r} is not allowed: must be mean or each")
    varied = Varied(scenario, *overrides, **changes)
    kinds = _kinds(outcomes)
    refuse_unknown_indicators(indicators, known_indicators(varied.base) if indicators else (), "indicators")
    found = _parameters(em, varied.base, {"uncertainties": uncertainties, "levers": levers})
    first = varied.base.seed
    experiment = Experiment(varied, _levels(uncertainties, levers), list(kinds), list(indicators), first, seeds)
    experiment.check([parameter for group in found.values() for parameter in group])
    if replicates == "mean":
        model = em.Model(name, function=experiment)
        model.outcomes = _of_means(em, kinds, indicators)
    else:
        model = em.ReplicatorModel(name, function=experiment)
        model.replications = [{"seed": first + step} for step in range(seeds)]
        model.outcomes = _of_seeds(em, kinds, indicators)
    model.uncertainties, model.levers = found["uncertainties"], found["levers"]
    return model


class Experiment:
    """What the workbench calls: one experiment with all seeds, or with the one that it is given."""

    def __init__(
        self,
        varied: Varied,
        levels: Mapping[str, Levels],
        outcomes: Sequence[str],
        indicators: Sequence[str],
        first: int,
        seeds: int,
    ) -> None:
        self.varied, self.levels, self.kept = varied, dict(levels), Kept(outcomes, indicators)
        self.first, self.seeds = first, seeds

    def __call__(self, seed: int | None = None, **values: Any) -> dict[str, Any]:
        """Return outcomes and monthly indicators by name: of one seed, or the means over all."""
        seeds = [self.first + step for step in range(self.seeds)] if seed is None else [seed]
        done = tables(self.scenario(values), self.kept, seeds)
        found: dict[str, Any] = {name: float(done["runs"][name].mean()) for name in self.kept.outcomes}
        if self.kept.months:
            by_month = done["months"].groupby("month")[[*self.kept.months]].mean()
            found |= {f"{name}_by_month": by_month[name].to_numpy() for name in self.kept.months}
        return found

    def scenario(self, values: Mapping[str, Any]) -> Scenario:
        """Return the scenario with values of parameters, presets and levels."""
        changes: dict[str, Any] = {}
        for name, value in values.items():
            changes |= self.levels[name][value] if name in self.levels else {name: value}
        return self.varied.changed(changes)

    def check(self, parameters: Sequence[Any]) -> None:
        """Refuse what cannot be simulated before the workbench starts: all parameters at one end, and at the other."""
        for number, bound in ((0, "lower_bound"), (-1, "upper_bound")):
            values = {}
            for parameter in parameters:
                options = [item.value for item in getattr(parameter, "categories", ())]
                values[parameter.variable_name[0]] = options[number] if options else getattr(parameter, bound)
            self.scenario(values)


def _workbench() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about its own optional parts
            import ema_workbench
    except ImportError:
        raise CreditRegimeError(
            "ema: the EMA Workbench is not installed; install it with: pip install 'creditregime[ema]'"
        ) from None
    return ema_workbench


def _kinds(outcomes: Sequence[str] | Mapping[str, Kind]) -> dict[str, Kind]:
    """Return the outcomes that are kept, and whether each is to be small, large or just told."""
    named = dict(outcomes) if isinstance(outcomes, Mapping) else dict.fromkeys(outcomes or BY_NAME, "info")
    for name, kind in named.items():
        if name not in BY_NAME:
            hint = nearest(name, [*BY_NAME])
            raise ScenarioError(f"outcomes: unknown name '{name}'{hint}; allowed: {', '.join(BY_NAME)}")
        if kind not in typing.get_args(Kind):
            raise ScenarioError(f"outcomes.{name}: {kind!r} is not allowed: must be minimize, maximize or info")
    return named  # type: ignore[return-value]


def _of_means(em: Any, kinds: Mapping[str, Kind], indicators: Sequence[str]) -> list[Any]:
    scalars = [em.ScalarOutcome(name, kind=_DIRECTIONS[kind]) for name, kind in kinds.items()]
    return scalars + [em.TimeSeriesOutcome(f"{name}_by_month") for name in indicators]


def _of_seeds(em: Any, kinds: Mapping[str, Kind], indicators: Sequence[str]) -> list[Any]:
    names = [*kinds, *(f"{name}_by_month" for name in indicators)]
    return [em.ArrayOutcome(f"{name}_by_seed", variable_name=name) for name in names]


_DIRECTIONS = {"minimize": -1, "info": 0, "maximize": 1}
"""The workbench's own numbers."""


def _levels(*factors: Factors) -> dict[str, Levels]:
    """Return what each level of the factors changes, by the workbench's value: a toggle is False or True there."""
    named = {name: spec for each in factors if isinstance(each, Mapping) for name, spec in each.items()}
    found: dict[str, Levels] = {}
    for name, spec in named.items():
        if isinstance(spec, Mapping):
            toggled = {False: spec.get("off", {}), True: spec.get("on", {})} if _is_toggle(spec) else spec
            found[name] = {value: dict(changes) for value, changes in toggled.items()}
    return found


def _is_toggle(spec: Mapping[str, Any]) -> bool:
    return spec.keys() <= {"off", "on"}


def _parameters(em: Any, scenario: Scenario, factors: Mapping[str, Factors]) -> dict[str, list[Any]]:
    """Return the workbench's parameters of uncertainties and levers."""
    found: dict[str, list[Any]] = {}
    taken: dict[str, str] = {}
    for where, given in factors.items():
        specs = dict(given) if isinstance(given, Mapping) else dict.fromkeys(given)
        found[where] = [_parameter(em, scenario, path, spec, where) for path, spec in specs.items()]
        for path, parameter in zip(specs, found[where], strict=True):
            if parameter.name in taken:
                raise ScenarioError(f"{where}.{path}: {taken[parameter.name]} has this name in the workbench, too")
            taken[parameter.name] = f"{where}.{path}"
    return found


def _parameter(em: Any, scenario: Scenario, path: str, spec: Any, where: str) -> Any:
    name = path.replace(".", "_")
    if path == "seed":
        raise ScenarioError(f"{where}.seed: is not varied; the seeds are the replicates")
    if isinstance(spec, Mapping) and not all(isinstance(changes, Mapping) for changes in spec.values()):
        raise ScenarioError(f"{where}.{path}: of each level, a mapping of what it changes is needed")
    options = [*spec] if isinstance(spec, list | Mapping) else _options(scenario, path) if spec is None else []
    if options == [False, True] or (isinstance(spec, Mapping) and _is_toggle(spec)):
        return em.BooleanParameter(name, variable_name=path)
    if len(options) > 1:
        return em.CategoricalParameter(name, options, variable_name=path)
    if isinstance(spec, list | Mapping):
        raise ScenarioError(f"{where}.{path}: {options} is not allowed: at least two values are needed")
    limits = Bounds(scenario)
    low, high = bounds_of(limits, path, spec, where)
    if limits.whole(path):
        return em.IntegerParameter(name, int(np.ceil(low)), int(np.floor(high)), variable_name=path)
    return em.RealParameter(name, low, high, variable_name=path)


def _options(scenario: Scenario, path: str) -> list[Any]:
    """Return what a preset group or a parameter that is no number can be; nothing for one that is."""
    if path in groups():
        return [*groups()[path]]
    field = field_at(scenario, path)
    if field is None:
        return []
    if field.annotation is bool:
        return [False, True]
    return [*typing.get_args(field.annotation)] if typing.get_origin(field.annotation) is Literal else []
