"""Toggles of an attribution: which differences between two scenarios are switched together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from creditregime.component import nearest
from creditregime.errors import BAD_YAML, ScenarioError
from creditregime.laboratory.differences import Difference, replaceable
from creditregime.scenario import Scenario, put

MOST_TOGGLES = 8
"""Every combination of toggles is run with every seed: 2^8 = 256 runs a seed."""
MOST_PLACES = 12
"""Places whose combinations are tried when toggles are made from them: 2^12 scenarios are validated."""
REST = "rest"
"""The toggle of all differences that the others leave over."""

Wanted = str | Path | Sequence[str] | Mapping[str, str | Sequence[str]] | None
Toggles = dict[str, tuple[Difference, ...]]


def toggles_between(one: Scenario, other: Scenario, wanted: Wanted = None) -> Toggles:
    """Return the differences between two scenarios by the toggle that switches them.

    Parameters
    ----------
    one, other
        All toggles on, and all off.
    wanted
        Keys of differences, or of places that hold some, each a toggle, ``+`` between those of the same one; or names
        and keys; or a YAML file with either. What is left over is one more toggle, `REST`. By default every rule that
        differs is a toggle; rules without each other in no valid scenario are one together.

    Raises
    ------
    ScenarioError
        One line: an unknown or repeated key, too many toggles, or a combination that is no valid scenario.
    """
    found = replaceable(one, other)
    if wanted is None:
        toggles = _by_place(found)
        if len(toggles) <= MOST_PLACES:
            toggles = _together(toggles, _invalid(one, toggles))
        _refuse_many(toggles)
        return toggles
    toggles = _named(found, _read(wanted) if isinstance(wanted, str | Path) else _stated(wanted))
    _refuse_many(toggles)
    _refuse_invalid(one, toggles)
    return toggles


def off(differences: Iterable[Difference]) -> dict[str, Any]:
    """Return the changes that switch a toggle off in the scenario in which it is on."""
    return {difference.path: difference.other for difference in differences}


def place_of(path: str) -> str:
    """Return the place of the scenario that a key belongs to: a rule, a spillover channel, a collection."""
    parts = path.split(".")
    return ".".join(parts[:2]) if parts[0] == "spillover" else parts[0]


def _by_place(found: Sequence[Difference]) -> Toggles:
    toggles: dict[str, list[Difference]] = {}
    for difference in found:
        toggles.setdefault(place_of(difference.path), []).append(difference)
    return {name: tuple(members) for name, members in toggles.items()}


def _read(wanted: str | Path) -> dict[str, tuple[str, ...]]:
    """Return the toggles of a file, or of one key."""
    if isinstance(wanted, str) and not wanted.endswith((".yaml", ".yml")):
        return _stated([wanted])
    try:
        data = yaml.safe_load(Path(wanted).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, *BAD_YAML) as error:
        raise ScenarioError(f"toggles: {wanted}: cannot be read: {' '.join(str(error).split())[:300]}") from None
    try:
        return _stated(data)
    except ScenarioError as error:
        raise ScenarioError(f"{wanted}: {error}") from None


def _stated(data: Any) -> dict[str, tuple[str, ...]]:
    """Return names and keys, from a mapping or from keys alone."""
    if isinstance(data, list | tuple):
        data = {str(text): text for text in data}
    if not isinstance(data, Mapping) or not data:
        raise ScenarioError("toggles: keys, or a mapping from names to keys, are needed")
    stated = {}
    for name, keys in data.items():
        texts = keys.split("+") if isinstance(keys, str) else keys
        if not isinstance(texts, list | tuple) or not texts or not all(isinstance(key, str) for key in texts):
            raise ScenarioError(f"toggles.{name}: a key of the scenario, or a list of them, is needed")
        stated[str(name)] = tuple(key.strip() for key in texts)
    return stated


def _named(found: Sequence[Difference], stated: Mapping[str, Sequence[str]]) -> Toggles:
    taken: dict[str, str] = {}
    for name, keys in stated.items():
        if name in (REST, "total"):
            raise ScenarioError(f"toggles: '{name}' is taken; choose another name")
        for key in keys:
            for path in _under(key, found):
                if path in taken:
                    raise ScenarioError(f"toggles: '{name}' and '{taken[path]}' both switch {path}")
                taken[path] = name
    names = [*stated, REST]
    toggles = {name: tuple(item for item in found if taken.get(item.path, REST) == name) for name in names}
    return {name: members for name, members in toggles.items() if members}


def _under(key: str, found: Sequence[Difference]) -> list[str]:
    """Return the differences that a key names: itself, or those below it."""
    paths = [item.path for item in found if f"{item.path}.".startswith(f"{key}.")]
    if paths:
        return paths
    places = [*_by_place(found)]
    whole = next((item.path for item in found if f"{key}.".startswith(f"{item.path}.")), None)
    if whole is not None:
        raise ScenarioError(f"toggles: '{key}' cannot be switched alone: {whole} differs as a whole; name '{whole}'")
    hint = nearest(key, [*places, *(item.path for item in found)])
    raise ScenarioError(
        f"toggles: '{key}' does not differ between the scenarios{hint}; they differ in: {_list(places)}"
    )


def _refuse_many(toggles: Toggles) -> None:
    if len(toggles) > MOST_TOGGLES:
        raise ScenarioError(
            f"toggles: {len(toggles)} are too many: at most {MOST_TOGGLES} (every combination is run); name some, with"
            f" + between those to switch together, as in --toggles {'+'.join([*toggles][:2])}; what is left over is"
            f" one more toggle. They are: {_list(toggles)}"
        )


def _refuse_invalid(one: Scenario, toggles: Toggles) -> None:
    invalid = _invalid(one, toggles)
    if not len(invalid):
        return
    first = invalid[0]
    error = _parsed(one, toggles, first)
    on = [name for name, level in zip(toggles, first, strict=True) if level]
    grouped = [name for name in _together(toggles, invalid) if name not in toggles]
    raise ScenarioError(
        f"toggles: with {_list(on) or 'none'} on and the others off there is no valid scenario: {error}; switch"
        f" together: {_list(grouped)}"
    )


def _invalid(one: Scenario, toggles: Toggles) -> NDArray[np.int64]:
    """Return the combinations that are no valid scenario, one row each."""
    levels = product((0, 1), repeat=len(toggles))
    return np.array([row for row in levels if _parsed(one, toggles, row) is not None]).reshape(-1, len(toggles))


def _parsed(one: Scenario, toggles: Toggles, levels: Iterable[int]) -> ScenarioError | None:
    """Return what is wrong with a combination."""
    data = one.model_dump(mode="json")
    for level, members in zip(levels, toggles.values(), strict=True):
        for path, value in {} if level else off(members).items():
            put(data, path, value)
    try:
        Scenario.parse(data)
    except ScenarioError as error:
        return error
    return None


def _together(toggles: Toggles, invalid: NDArray[np.int64]) -> Toggles:
    """Return the toggles with those joined that cannot be on and off apart, the worst pair first."""
    groups = [[name] for name in toggles]
    while len(invalid):
        apart = {
            pair: int((invalid[:, pair[0]] != invalid[:, pair[1]]).sum())
            for pair in combinations(range(len(groups)), 2)
        }
        first, second = max(apart, key=lambda pair: apart[pair])
        groups[first] += groups.pop(second)
        kept = invalid[:, first] == invalid[:, second]
        invalid = np.delete(invalid[kept], second, axis=1)
    return {"+".join(names): tuple(item for name in names for item in toggles[name]) for names in groups}


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
