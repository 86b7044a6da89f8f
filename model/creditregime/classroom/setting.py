"""What a student can set: presets, changes to both worlds, what is different in world B; and its way into a link."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

import yaml

from creditregime.classroom.limits import LONGEST_LINK
from creditregime.composition import load, split_overrides
from creditregime.errors import ScenarioError
from creditregime.laboratory.contrast import REGIME_KEYS, other_scenario
from creditregime.laboratory.differences import WORDS, differences, replaceable
from creditregime.laboratory.run import check_strategy
from creditregime.presentation.style import readable
from creditregime.presets import groups
from creditregime.scenario import Scenario

World = Literal["a", "b"]
Changes = Mapping[str, Any]
OTHER = "b."
"""Stands before a key of a link that holds in world B only."""
_MISSING = object()


@dataclass(frozen=True)
class Setting:
    """Two paired scenarios as one says them: the same words make them on the command line, in a link and in the page.

    Attributes
    ----------
    choices
        Presets by group; world B has the same.
    changes
        Values at dotted paths in both worlds.
    other
        What else changes in world B: values at dotted paths, or ``regime``.
    """

    choices: Mapping[str, str] = field(default_factory=dict)
    changes: Changes = field(default_factory=dict)
    other: Changes = field(default_factory=dict)

    def worlds(self) -> tuple[Scenario, Scenario]:
        """Return the scenarios of both worlds, or raise a `ScenarioError` of one line."""
        one = _loaded(self.choices, self.changes)
        other = self._other(one) if self.other else one
        for scenario in (one, other):
            check_strategy(scenario)
        return one, other

    def preset(self) -> Scenario:
        """Return the scenario of the presets alone."""
        return _loaded(self.choices)

    def _other(self, one: Scenario) -> Scenario:
        try:
            other = other_scenario(one, self.other, None, _overrides(self.choices), self.changes)
        except ScenarioError as error:
            raise ScenarioError(f"World B: {str(error).removeprefix('against: ')}") from None
        if other.population != one.population:
            raise ScenarioError("World B: population: both worlds must have the same firms")
        return other.changed({"months": one.months}) if other.months != one.months else other

    def chosen(self, group: str, option: str, world: World = "a") -> Setting:
        """Return the setting with another preset; changes to one regime's rules are not carried over to another."""
        if world == "b":
            other = {key: value for key, value in self.other.items() if not _of_regime(key)}
            return self._tidy(replace(self, other={**other, group: option}))
        kept = {k: v for k, v in self.changes.items() if k.partition(".")[0] != group}
        if group != "regime":
            return self._tidy(replace(self, choices={**self.choices, group: option}, changes=kept))
        kept = {key: value for key, value in kept.items() if not _of_regime(key)}
        moved = replace(self, choices={**self.choices, group: option}, changes=kept)
        try:
            tidied = self._tidy(moved)
            tidied.worlds()
        except ScenarioError:  # what was different in world B has no place in this regime
            return self._tidy(replace(moved, other={}))
        return tidied

    def unchosen(self, group: str) -> Setting:
        """Return the setting without the preset of a group."""
        choices = {key: value for key, value in self.choices.items() if key != group}
        return self._tidy(replace(self, choices=choices))

    def without_other_regime(self) -> Setting:
        """Return the setting with the regime of world A in world B too."""
        other = {key: value for key, value in self.other.items() if not _of_regime(key)}
        return self._tidy(replace(self, other=other))

    def placed(self, path: str, value: Any, world: World) -> Setting:
        """Return the setting with another value at a dotted path: of both worlds (``a``), or of world B alone.

        World B follows A wherever it has no value of its own.
        """
        if world == "b":
            after = {key: kept for key, kept in self.other.items() if not _replaces(path, key)}
            return self._tidy(replace(self, other=after | {path: value}))
        after = {key: kept for key, kept in self.changes.items() if not _replaces(path, key)}
        other = {key: kept for key, kept in self.other.items() if key == path or not _replaces(path, key)}
        return self._tidy(replace(self, changes=after | {path: value}, other=other))

    @staticmethod
    def _tidy(setting: Setting) -> Setting:
        """Leave out what changes nothing, so that a link stays short."""
        base = _loaded(setting.choices).model_dump(mode="json")
        kept = {path: value for path, value in setting.changes.items() if not _equal(_at(base, path), value)}
        setting = replace(setting, changes=kept)
        one = _loaded(setting.choices, kept).model_dump(mode="json")
        if "regime" not in setting.other:
            other = {path: value for path, value in setting.other.items() if not _equal(_at(one, path), value)}
            return replace(setting, other=other)
        if setting.other["regime"] == setting.choices.get("regime"):
            other = {path: value for path, value in setting.other.items() if path != "regime"}
            return Setting._tidy(replace(setting, other=other))
        return setting

    def without_difference(self) -> Setting:
        """Return the setting with world B like world A."""
        return replace(self, other={})

    def query(self, **more: int | None) -> str:
        """Return the setting as the query of a link; `more` are numbers such as the month, left out where None."""
        choices = [(group, option) for group, option in self.choices.items() if group not in self.changes]
        pairs = [*choices, *((key, _written(value)) for key, value in self.changes.items())]
        pairs += [(OTHER + key, _written(value)) for key, value in self.other.items()]
        pairs += [(key, str(value)) for key, value in more.items() if value is not None]
        return urlencode(pairs)

    def command(self, months: int | None = None) -> str:
        """Return the command that compares the two worlds."""
        words = ["creditregime", "compare", *(f"{key}={value}" for key, value in self.choices.items())]
        changes = dict(self.changes) | ({"months": months} if months else {})
        words += [f"{key}={_flow(value)}" for key, value in changes.items()]
        words += ["--against", *(f"{key}={_flow(value)}" for key, value in self.other.items())] if self.other else []
        return shlex.join([*words, "--seeds", "1"])


def in_words(changes: Changes) -> str:
    """Return what changes in words: ``without joint punishment, spillover by partner strength 0.1``."""
    return ", ".join(_change_in_words(path, value) for path, value in changes.items())


def _change_in_words(path: str, value: Any) -> str:
    if path == "population.firms":
        return f"{value} firms"
    name = readable(path.removesuffix(".kind").replace("spillover.", "spillover by ").replace(".", " "))
    if value in ("none", {}, []) and (path.endswith(".kind") or not value):
        return f"without {name}"
    if isinstance(value, Mapping):
        return f"with {name}" if value.get("kind") != "none" else f"without {name}"
    return f"{name} {readable(str(value)).lower() if isinstance(value, bool) else readable(str(value))}"


FIRST = Setting(
    {"regime": "joint_2016", "population": "classroom"},
    {},
    {"joint_punishment.kind": "none", "spillover.partner.kind": "none"},
)
"""What the page opens with: the regime of 2016 with and without its two marks."""


def of_overrides(
    overrides: Sequence[str], against: Changes | None = None, scenario: str | Path | None = None
) -> Setting:
    """Return the setting that a command line means: ``group=option`` and ``key=value``, or a file, and what B changes.

    Without `against` world B is the regime without joint punishment and partner spillover, where it has them.
    """
    choices, changes = split_overrides(overrides, {})
    more, values = split_overrides((), against or {})
    _refuse_groups("against: ", more)
    if scenario is not None:
        if choices:
            raise ScenarioError(f"{next(iter(choices))}: presets cannot be combined with a scenario file")
        file = of_scenario(load(scenario=scenario, **changes))
        choices, changes = dict(file.choices), dict(file.changes)
    setting = Setting({"regime": "joint_2016", "population": "classroom"} | choices, changes, {**more, **values})
    return setting if against else _with_first_difference(setting)


def _refuse_groups(where: str, choices: Mapping[str, str]) -> None:
    if unknown := [group for group in choices if group != "regime"]:
        raise ScenarioError(f"{where}{unknown[0]}: only a regime can be another preset in world B")


def _with_first_difference(setting: Setting) -> Setting:
    one, _ = setting.worlds()
    dump = one.model_dump(mode="json")
    other = {path: value for path, value in FIRST.other.items() if not _equal(_at(dump, path), value)}
    return replace(setting, other=other)


@dataclass(frozen=True)
class Visit:
    """What a link asks for: a setting, and where in it to stand."""

    setting: Setting
    month: int = 0
    firm: int | None = None


def visit(query: str, first: Setting = FIRST) -> Visit:
    """Return what the query of a link asks for, or raise a `ScenarioError` of one line; `first` without a query."""
    if len(query) > LONGEST_LINK:
        raise ScenarioError(f"link: longer than {LONGEST_LINK} characters")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=500)
    except ValueError:
        raise ScenarioError("link: not a list of key=value") from None
    numbers = {key: _whole(key, value) for key, value in pairs if key in ("month", "firm")}
    texts = {key: value for key, value in pairs if key not in ("month", "firm")}
    if not texts:
        return Visit(first, numbers.get("month", 0), numbers.get("firm"))
    other = {key.removeprefix(OTHER): _read(value) for key, value in texts.items() if key.startswith(OTHER)}
    both = {key: _read(value) for key, value in texts.items() if not key.startswith(OTHER)}
    choices, changes = split_overrides((), both)
    more, _ = split_overrides((), other)
    _refuse_groups(f"link: {OTHER}", more)
    choices.setdefault("population", "classroom")
    setting = Setting(choices, changes, other)
    setting.worlds()
    return Visit(setting, numbers.get("month", 0), numbers.get("firm"))


def of_scenario(scenario: Scenario, other: Changes | None = None) -> Setting:
    """Return the setting that makes exactly this scenario: the preset of its title, or `none`, and what differs."""
    choices = {"regime": _regime_titled(scenario.title), "population": "classroom"}
    base, whole = _loaded(choices), scenario.model_dump(mode="json")
    words = {key: whole[key] for key in (*WORDS, "seed") if whole[key] != getattr(base, key)}
    for found in (differences(scenario, base), replaceable(scenario, base)):
        changes = {item.path: item.one for item in found} | words
        if _makes(choices, changes, scenario):
            return Setting(choices, changes, dict(other or {}))
    places = dict.fromkeys(path.partition(".")[0] for path in changes)  # keys in another order, at some depth
    return Setting(choices, {key: whole[key] for key in places}, dict(other or {}))


def _makes(choices: Mapping[str, str], changes: Changes, scenario: Scenario) -> bool:
    try:
        return _loaded(choices, changes).to_yaml() == scenario.to_yaml()
    except ScenarioError:
        return False


def _loaded(choices: Mapping[str, str], changes: Changes | None = None) -> Scenario:
    return load(*_overrides(choices), **dict(changes or {}))


def _overrides(choices: Mapping[str, str]) -> tuple[str, ...]:
    """Return presets as overrides: a change can have the name of a group, too."""
    return tuple(f"{group}={option}" for group, option in choices.items())


def _regime_titled(title: str) -> str:
    return next((name for name in groups()["regime"] if title and load(regime=name).title == title), "none")


def _of_regime(path: str) -> bool:
    return path.partition(".")[0] in REGIME_KEYS or path == "regime"


def _replaces(path: str, key: str) -> bool:
    """Tell whether a value at a path replaces that at a key: the same, one above it, or its rule by another kind."""
    place = path.removesuffix(".kind")
    return key == path or f"{key}.".startswith(f"{place if path.endswith('.kind') else path}.")


def _at(data: Any, path: str) -> Any:
    for key in path.split("."):
        if not isinstance(data, Mapping) or key not in data:
            return _MISSING
        data = data[key]
    return data


def _equal(there: Any, value: Any) -> bool:
    """Tell whether a value is what stands there already; a whole number equals itself as a decimal, but not True."""
    if there is _MISSING:
        return value is None
    return bool(there == value) and isinstance(there, bool) == isinstance(value, bool)


def _written(value: Any) -> str:
    """Return a value as a link writes it: words as they are, the rest as JSON."""
    if isinstance(value, str) and _read(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _read(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=lambda name: name)
    except (ValueError, RecursionError):
        return text


def _whole(key: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ScenarioError(f"link: {key}: {text[:40]!r} is not allowed: a whole number is needed")
    return int(text)


def _flow(value: Any) -> str:
    """Return a value as the command line takes it."""
    if isinstance(value, str):
        return value
    return yaml.safe_dump(value, default_flow_style=True, width=10**6, sort_keys=False).removesuffix("...\n").strip()
