"""What can be varied in a scenario: the numbers of its rules, with the bounds of their own fields."""

from __future__ import annotations

import math
import textwrap
from typing import NamedTuple

import yaml

from creditregime.component import details, limits
from creditregime.errors import ScenarioError
from creditregime.laboratory.sweeps.bounds import Bounds, Number, numbers
from creditregime.scenario import Scenario

EXTENT = ("seed", "months", "population.firms")
"""Numbers that say how much is simulated, not what."""
_WORDS = 90
"""Letters that a comment has at most."""


class Proposal(NamedTuple):
    """A number that can be varied; the range is None where the field has no bounds to take it from."""

    path: str
    value: float
    range: tuple[float, float] | None
    unit: str
    description: str


def factors(scenario: Scenario, *, within: float | None = None) -> dict[str, dict[str, float]]:
    """Return the factors that a scenario offers, as the ``factors`` of a design take them.

    Parameters
    ----------
    scenario
        Its switched-on rules are looked through; how much is simulated and how it is measured is left out.
    within
        None for the bounds of the parameters' own fields, which are what is possible, not what is plausible; a number
        for the values now ± that share, inside the bounds (whole numbers rounded outwards).

    Returns
    -------
    Dotted path, and its low and high. Parameters without both bounds, or with `within` those that are 0, are left out.

    Raises
    ------
    ScenarioError
        One line, if `within` is not above 0.

    Notes
    -----
    Each range holds by itself. Which combinations a scenario refuses is found out before a sweep runs anything.

    Examples
    --------
    >>> from creditregime import load
    >>> factors(load(regime="joint_2016"))["joint_punishment.strength"]
    {'low': 0.0, 'high': 1.0}
    """
    found = proposals(scenario, within=within)
    return {item.path: {"low": item.range[0], "high": item.range[1]} for item in found if item.range is not None}


def proposals(scenario: Scenario, *, within: float | None = None) -> list[Proposal]:
    """Return every number of a scenario that could be varied, see `factors`."""
    if within is not None and not within > 0:
        raise ScenarioError(f"within: {within} is not allowed: must be above 0")
    bounds = Bounds(scenario)
    found = []
    for number in numbers(scenario):
        if number.path not in EXTENT and not number.path.startswith("indicators."):
            assert number.value is not None
            unit, text = str(details(number.field).get("unit", "-")), number.field.description or ""
            found.append(Proposal(number.path, number.value, _range(bounds, number, within), unit, text))
    return found


def design_block(scenario: Scenario, *, within: float | None = None) -> str:
    """Return the proposals as the ``design`` of a study in YAML: what has no range of its own is commented out."""
    found = proposals(scenario, within=within)
    number = sum(item.range is not None for item in found)
    head = [
        f"# {number} factors: delete what is not in doubt, and narrow the ranges to what is plausible.",
        "# Commented out: needs a range of yours.",
        "design:",
        "  kind: morris  # a screening: trajectories × (factors + 1) points",
        "  trajectories: 10",
        "  factors:",
    ]
    return "\n".join([*head, *map(_line, found)])


def _range(bounds: Bounds, number: Number, within: float | None) -> tuple[float, float] | None:
    allowed, whole = limits(number.field), bounds.whole(number.path)
    if within is None:
        return None if allowed.low is None or allowed.high is None else bounds.of(number.path)
    assert number.value is not None
    reach = abs(number.value) * within
    low, high = number.value - reach, number.value + reach
    if whole and reach:
        low, high = math.floor(low), math.ceil(high)
    inside = (
        None if allowed.low is not None and low <= allowed.low else low,
        None if allowed.high is not None and high >= allowed.high else high,
    )
    return bounds.of(number.path, *inside) if low < high else None


def _line(item: Proposal) -> str:
    what = item.description if item.unit == "-" else f"{item.unit}: {item.description}"
    about = f"# now {_plain(item.value)} {textwrap.shorten(what, _WORDS, placeholder=' ...')}".rstrip()
    if item.range is None:
        return f"#    {item.path}: {{low: , high: }}  {about}"
    low, high = map(_plain, item.range)
    return f"    {item.path}: {{low: {low}, high: {high}}}  {about}"


def _plain(value: float) -> str:
    """Return a number as YAML reads it back: ``1e-06`` would be text."""
    exact = int(value) if float(value).is_integer() else float(f"{value:.6g}")
    return str(yaml.safe_dump(exact)).splitlines()[0]
