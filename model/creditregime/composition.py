"""Hydra composes the project's own presets; a stranger's file enters as plain data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException

from creditregime.errors import ScenarioError
from creditregime.plugins import discover
from creditregime.presets import composed, groups, require
from creditregime.scenario import Scenario, put

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")


def load(*overrides: str, scenario: str | Path | None = None, **changes: Any) -> Scenario:
    """Return a scenario composed of presets and overrides.

    Parameters
    ----------
    *overrides
        ``group=option`` chooses a preset, ``dotted.path=value`` sets a parameter, as on the command line.
    scenario
        A YAML file with a (part of a) scenario to start from instead of the presets.
    **changes
        The same as keywords: ``load(regime="fines_only", seed=2, **{"spillover.partner.strength": 0.3})``.

    Raises
    ------
    ScenarioError
        One line that names the key's path, the value and what is allowed.
    """
    discover()
    choices, values = split_overrides(overrides, changes)
    data = started(choices, scenario).model_dump(mode="json")
    for path, value in values.items():
        put(data, path, value)
    return Scenario.parse(data)


def started(choices: Mapping[str, str], scenario: str | Path | Mapping[str, Any] | None = None) -> Scenario:
    """Return what the overrides change: the chosen presets, or the scenario in a file or a mapping."""
    if scenario is None:
        return Scenario.parse(composed(choices))
    if choices:
        raise ScenarioError(f"{next(iter(choices))}: presets cannot be combined with a scenario file")
    return Scenario.parse(scenario) if isinstance(scenario, Mapping) else Scenario.read(scenario)


def split_overrides(overrides: Sequence[str], changes: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Tell choices of presets from values of parameters."""
    options, choices, values = groups(), {}, {}
    parsed = [parse_override(text) for text in overrides]
    for key, value in [*parsed, *changes.items()]:
        if key in options and isinstance(value, str):
            require(key, value)
            choices[key] = value
        elif not _KEY.fullmatch(key):
            raise ScenarioError(f"{key}: not a key; a dotted path such as spillover.partner.strength is needed")
        else:
            values[key] = value
    return choices, values


def parse_override(text: str) -> tuple[str, Any]:
    """Return key and value of an override such as ``spillover.partner.strength=0.3``, read as Hydra reads it."""
    try:
        override: Override = OverridesParser.create().parse_override(text)
        value = override.value()
    except (HydraException, ValueError, RecursionError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise ScenarioError(f"{text}: not an override: {first}; key=value is needed") from None
    if override.is_sweep_override() or override.is_delete() or override.is_add() or override.package:
        raise ScenarioError(f"{text}: not an override of one value; key=value is needed")
    if "${" in str(value):
        raise ScenarioError(f"{text}: interpolations are not allowed")
    return override.key_or_group, value
