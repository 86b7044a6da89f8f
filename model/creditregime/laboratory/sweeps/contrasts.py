"""What the points of a sweep change against a reference, paired by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from creditregime.errors import ScenarioError
from creditregime.laboratory.effects import VARIANTS, group_effect_table, paired
from creditregime.laboratory.outcomes import BY_NAME
from creditregime.laboratory.sweeps.cells import (
    Against,
    by_point,
    chosen_outcomes,
    factors_of,
    matching,
    references,
    require,
)
from creditregime.laboratory.sweeps.runner import Sweep

Reals = NDArray[np.float64]

_MEASURES = ("scenario", "against", "effect", "low", "high", "seeds", "variance_ratio")


def contrasts(
    result: Sweep, against: Against, outcomes: str | Sequence[str] = (), confidence: float = 0.95
) -> pd.DataFrame:
    """Return the paired effect of every point of a sweep against a reference.

    Parameters
    ----------
    result
        A sweep. Every point has the same seeds, which share their draws from point to point.
    against
        The number of a point; or values of factors, ``{"regime": "none"}``. If several points have them, each point is
        compared with the one that has its own values of the other factors.
    outcomes
        Names; by default all that were kept.
    confidence
        Level of the intervals, Student's over seeds.

    Returns
    -------
    DataFrame
        One row a point (references left out) and outcome: ``point``, its ``reference``, the factors; ``outcome``,
        ``label``, ``unit``, ``aggregate``; means at the point (``scenario``) and its reference (``against``), the mean
        paired difference ``effect`` with ``low`` and ``high`` (missing for one seed), the number of ``seeds`` that
        both have, and the ``variance_ratio`` (see `laboratory.effects.paired`).

    Raises
    ------
    ScenarioError
        One line: an unknown factor, value, point or outcome, or a point without a reference.
    """
    names = chosen_outcomes(result, outcomes)
    values, reference = by_point(result, names), references(result, against)
    factors = result.points.set_index("point")
    rows: list[dict[str, Any]] = []
    for point in np.flatnonzero(reference != np.arange(len(reference))).tolist():
        own = {str(name): value for name, value in factors.loc[point].items()}
        who: dict[str, Any] = {"point": point, "reference": int(reference[point]), **own}
        for number, name in enumerate(names):
            one, other = values[point, :, number], values[reference[point], :, number]
            rows.append(who | _described(name) | _effect(one, other, confidence))
    _refuse_names(result)
    return pd.DataFrame(rows, columns=[*_columns(result)])


def _effect(one: Reals, other: Reals, confidence: float) -> dict[str, Any]:
    """Return the effect over the seeds, (S,), that have a finite outcome in both."""
    both = np.isfinite(one) & np.isfinite(other)
    if not both.any():
        return dict.fromkeys(_MEASURES, np.nan) | {"seeds": 0}
    found = paired(one[both, None], other[both, None], confidence)
    return {name: found[name][0] for name in _MEASURES}


def _described(name: str) -> dict[str, str]:
    outcome = BY_NAME[name]
    return {"outcome": name, "label": outcome.label, "unit": outcome.unit, "aggregate": outcome.how}


def _columns(result: Sweep) -> list[str]:
    return ["point", "reference", *factors_of(result), *_described(result.study.outcomes[0]), *_MEASURES]


def _refuse_names(result: Sweep) -> None:
    columns = _columns(result)
    for name in factors_of(result):
        if columns.count(name) > 1:
            raise ScenarioError(f"contrasts: the factor '{name}' has the name of another column; rename it")


def group_contrasts(result: Sweep, at: Against, against: Against, outcomes: str | Sequence[str] = ()) -> pd.DataFrame:
    """Return the paired effects of one point of a sweep against another one by group of firms: who bears it.

    Parameters
    ----------
    result
        A sweep whose study keeps outcomes by ``groups``.
    at, against
        The two points: numbers, or values of factors that only one point has.
    outcomes
        Names; by default all that were kept by group.

    Returns
    -------
    DataFrame
        One row a dimension, group and outcome, as `Comparison.by_group` has it.

    Raises
    ------
    ScenarioError
        One line: groups that were not kept, an unknown outcome, or values that several points have.
    """
    kept = result.study.groups
    if not kept:
        raise ScenarioError("groups: the study keeps no outcomes by group; name them in groups: and run it again")
    names = [outcomes] if isinstance(outcomes, str) else [*outcomes] or kept
    for name in names:
        require(name, kept, "outcomes", "outcome by group")
    parts = []
    for variant, place, chosen in zip(VARIANTS, ("at", "against"), (at, against), strict=True):
        part = result.groups[result.groups["point"] == _one_point(result, chosen, place)]
        parts.append(part.assign(variant=variant))
    return group_effect_table(pd.concat(parts, ignore_index=True), [BY_NAME[name] for name in names])


def _one_point(result: Sweep, chosen: Against, place: str) -> int:
    if not isinstance(chosen, Mapping):
        return int(references(result, chosen)[0])
    found = np.flatnonzero(matching(result, chosen, place))
    if len(found) != 1:
        raise ScenarioError(f"{place}: {len(found)} points have {dict(chosen)}; name one point")
    return int(found[0])
