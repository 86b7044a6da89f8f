"""Which factors of a finished sweep its outcomes depend on; the design decides how that can be told."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from creditregime.errors import ScenarioError
from creditregime.laboratory.outcomes import BY_NAME
from creditregime.laboratory.sensitivity.answers import Answer, answer, require_finished
from creditregime.laboratory.sensitivity.elementary_effects import elementary_effects, morris_measures
from creditregime.laboratory.sensitivity.pawn_index import pawn_index
from creditregime.laboratory.sensitivity.resampling import Bootstrap, Reals
from creditregime.laboratory.sensitivity.sobol_indices import sobol_indices
from creditregime.laboratory.sweeps import Sweep
from creditregime.laboratory.sweeps.bounds import Bounds
from creditregime.laboratory.sweeps.cells import chosen_outcomes
from creditregime.laboratory.sweeps.designs import LatinHypercube, Morris, Saltelli, Sampled, Sobol

METHODS: dict[type, tuple[str, ...]] = {
    Saltelli: ("sobol", "pawn"),
    Morris: ("morris",),
    LatinHypercube: ("pawn",),
    Sobol: ("pawn",),
}
"""What each design can tell, the first by default."""

MEASURES = {
    "sobol": ("S1", "S1_low", "S1_high", "ST", "ST_low", "ST_high"),
    "morris": tuple(name + end for name in ("mu", "mu_star", "sigma") for end in ("", "_low", "_high")),
    "pawn": ("pawn", "pawn_low", "pawn_high", "threshold"),
}
_CONSTANT = "constant at the points of which the variance is taken"
STRENGTH = {"sobol": "ST", "morris": "mu_star", "pawn": "pawn"}
"""By which measure factors are sorted."""


def sensitivity(
    result: Sweep,
    outcomes: str | Sequence[str] = (),
    method: str | None = None,
    *,
    confidence: float = 0.95,
    resamples: int = 1000,
    slices: int = 10,
    seed: int = 1,
) -> pd.DataFrame:
    """Tell which factors the outcomes of a finished sweep depend on, the strongest first.

    The function that is analysed is the mean over the seeds of a point.

    Parameters
    ----------
    result
        A sweep whose design is ``saltelli``, ``morris``, ``latin_hypercube`` or ``sobol``.
    outcomes
        Names of outcomes; by default all that were kept.
    method
        ``sobol`` (Sobol' indices), ``morris`` (elementary effects) or ``pawn``; by default what the design is made for.
        Saltelli's design allows ``sobol`` and ``pawn``.
    confidence, resamples, seed
        Level, number and seed of the bootstrap intervals.
    slices
        Slices of a factor's range, for ``pawn``.

    Returns
    -------
    One row an outcome and factor: outcome, label, unit, method, factor, the method's measures with intervals, and

    blocks, left_out
        Blocks of Saltelli's design, trajectories, or single points that are used; and those that are not, because a
        point has no finished run, or the outcome has no value there.
    seeds
        Fewest seeds of a point.
    noise_of_run, noise_of_mean
        Share of variance that is due to seeds: of single runs, and of the means that are analysed (see `Noise`).
    reason
        Why there are no measures, empty otherwise.
    confidence
        Level of the intervals.

    Measures are S1 and ST; mu, mu_star and sigma in the outcome's unit per range of the factor; or pawn and its
    ``threshold``. Intervals cover the choice of points, for the seeds that were run. ``attrs["notes"]`` says in a line
    an outcome what was left out.

    Raises
    ------
    CreditRegimeError
        One line: the design cannot tell, the sweep is not finished, or an outcome was not kept.
    """
    bootstrap, how = Bootstrap(confidence, resamples, seed).checked(), _method(result, method)
    if slices < 2:
        raise ScenarioError(f"slices: {slices} is not allowed: at least 2 are needed")
    require_finished(result)
    low, high = _ends(result) if how == "morris" else (np.zeros(1), np.ones(1))
    parts, notes = [], list[str]()
    for item in _answers(result, outcomes):
        if item.reason:
            found = _nothing(how, len(result.study.design.names))
        elif how == "morris":
            effects = elementary_effects((item.points - low) / (high - low), item.values)
            found = morris_measures(effects, bootstrap)
        elif how == "sobol":
            found = _indices(result, item, bootstrap)
        else:
            found = pawn_index(item.points, item.values, bootstrap, slices=slices, block=item.block)
        parts.append(_described(item, how, result.study.design.names, found).assign(confidence=confidence))
        notes += [item.note] * bool(item.note)
    table = pd.concat(parts, ignore_index=True)
    table.attrs["notes"] = notes
    return table


def interactions(
    result: Sweep,
    outcomes: str | Sequence[str] = (),
    *,
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 1,
) -> pd.DataFrame:
    """Tell how much of the variance of outcomes pairs of factors account for together, beyond each by itself.

    Parameters
    ----------
    result
        A sweep whose design is ``saltelli`` with ``second_order: true``.
    outcomes, confidence, resamples, seed
        As of `sensitivity`.

    Returns
    -------
    One row an outcome and pair, the strongest first: outcome, label, unit, factor, other, S2, S2_low, S2_high, reason.

    Raises
    ------
    CreditRegimeError
        As `sensitivity`.
    """
    design, bootstrap = result.study.design, Bootstrap(confidence, resamples, seed).checked()
    if not (isinstance(design, Saltelli) and design.second_order):
        raise ScenarioError("design: tells nothing of pairs; kind 'saltelli' with second_order: true is needed")
    require_finished(result)
    named = pd.DataFrame([*itertools.combinations(design.names, 2)], columns=["factor", "other"])
    parts = []
    for item in _answers(result, outcomes):
        found = named.assign(S2=np.nan, S2_low=np.nan, S2_high=np.nan)
        if not item.reason:
            pairs = sobol_indices(item.values, len(design.names), bootstrap, second_order=True).pairs
            found = named.join(pairs.drop(columns=["first", "second"]))
        found = found.sort_values("S2", ascending=False, kind="stable")
        parts.append(_told(item, found).assign(reason=item.reason))
    return pd.concat(parts, ignore_index=True)


def _method(result: Sweep, wanted: str | None) -> str:
    design = result.study.design
    allowed = METHODS.get(type(design), ())
    if not allowed:
        kinds = ", ".join(str(kind.model_fields["kind"].default or kind.kind) for kind in METHODS)  # type: ignore[attr-defined]
        raise ScenarioError(f"design.kind: '{design.kind}' tells no sensitivity; one of {kinds} is needed")
    if wanted is not None and wanted not in allowed:
        raise ScenarioError(f"method: '{wanted}' is not possible with design '{design.kind}': {', '.join(allowed)}")
    return wanted or allowed[0]


def _answers(result: Sweep, outcomes: str | Sequence[str]) -> Iterable[Answer]:
    return (answer(result, name) for name in chosen_outcomes(result, outcomes))


def _ends(result: Sweep) -> tuple[Reals, Reals]:
    """Return the lowest and highest value of each factor, (D,) each."""
    design = result.study.design
    assert isinstance(design, Sampled)
    low, high = np.array([*design.ranges(Bounds(result.scenario(0))).values()]).T
    return low, high


def _indices(result: Sweep, item: Answer, bootstrap: Bootstrap) -> pd.DataFrame:
    design = result.study.design
    assert isinstance(design, Saltelli)
    return sobol_indices(item.values, len(design.names), bootstrap, second_order=design.second_order).factors


def _nothing(method: str, number: int) -> pd.DataFrame:
    return pd.DataFrame(np.nan, index=range(number), columns=[*MEASURES[method]])


def _described(item: Answer, method: str, names: Sequence[str], found: pd.DataFrame) -> pd.DataFrame:
    """Return the measures of one outcome with everything that is said about it, the strongest factor first."""
    found.insert(0, "factor", [*names])
    found.insert(0, "method", method)
    found = found.sort_values(STRENGTH[method], ascending=False, kind="stable", na_position="last")
    return _told(item, found).assign(
        blocks=item.blocks,
        left_out=item.left_out,
        seeds=item.seeds[0],
        noise_of_run=item.noise.of_run,
        noise_of_mean=item.noise.of_mean,
        reason=item.reason or _CONSTANT * bool(found[STRENGTH[method]].isna().all()),
    )


def _told(item: Answer, found: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the outcome's name, label and unit in front."""
    outcome = BY_NAME[item.outcome]
    for name, value in (("unit", outcome.unit), ("label", outcome.label), ("outcome", item.outcome)):
        found.insert(0, name, value)
    return found
