"""Patterns of scores: where firms gather, what they report, and whom raters favour."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from creditregime.firms.behaviour import Behaviour
from creditregime.model import CreditRegime
from creditregime.state import Floats
from creditregime.validation.findings import Finding
from creditregime.validation.oracles import Size, oracle, reduction
from creditregime.validation.twins import advance, effect, mean, slack, worlds

EVERY = 3
"""Months between two looks at the scores."""


class Around(NamedTuple):
    """Shares of the firms in the points just above and just below a cut-off."""

    above: float
    below: float


def around(score: Floats, cut: float, reach: float) -> Around:
    """Return which shares of some scores lie in [cut, cut + reach) and in [cut − reach, cut)."""
    above, below = (score >= cut) & (score < cut + reach), (score < cut) & (score >= cut - reach)
    return Around(float(above.mean()), float(below.mean()))


@oracle(
    "patterns",
    source="Chen, Liu, Suárez Serrato, Xu, AER 2021; Greenstone et al., AER: Insights 2022",
    reductions=("pattern_bunching",),
)
def bunching_above_cutoffs(size: Size) -> Iterator[Finding]:
    """Where a grade has consequences, firms gather just above its cut-off, partly by misreporting.

    And they are missing just below. The twins share the rating and differ in the consequences of the grade; the window
    is one of the gravest records. The part by misreporting is what is added where firms can hide violations. Emerges:
    no rule tells a firm where to stand or when to hide; in the source 24.2% of reported R&D is relabelled. No bunching
    at China's rating cut-offs has been documented, so that the fact is one of notches in general.
    """
    honest = reduction("pattern_bunching", reporting={"kind": "none"})
    hiding = reduction("pattern_bunching")
    twins = [twin for spec in (honest, hiding) for twin in (spec, spec.changed({"measures": {}}))]
    found = worlds(twins, size.of(20, 3), _gathered)
    true, reported = found[0] - found[1], found[2] - found[3]
    yield effect("true reports: share of firms just above", "more", true[:, 0])
    yield effect("true reports: share of firms just below", "less", true[:, 1])
    yield effect("false reports possible: share of firms just above", "more", reported[:, 0])
    yield effect("false reports possible: share of firms just below", "less", reported[:, 1])
    yield effect("excess above that false reports add", "more", reported[:, 0], true[:, 0])
    label = "share of violations that firms just above hide, against firms that one record leaves above"
    yield effect(label, "more", found[2, :, 2], found[2, :, 3])


def _gathered(model: CreditRegime) -> tuple[float, ...]:
    """Return shares just above and below, and of violations hidden just above and elsewhere, over the second half."""
    firms, rating = model.world.firms, model.spec.model_dump()["rating"]
    (cut,), reach = rating["bands"].values(), rating["serious"]
    shares, hidden = [], []
    start = firms.score[0].copy()
    for month in advance(model, model.spec.months):
        if month > model.spec.months // 2 and month % EVERY == 0:
            shares.append(around(firms.score[0][firms.active], cut, reach))
            hidden.append(_hidden(model, (start >= cut) & (start < cut + reach), start >= cut + reach))
        start = firms.score[0].copy()
    return (*np.mean(shares, axis=0), *np.nanmean(hidden, axis=0))


def _hidden(model: CreditRegime, *groups: np.ndarray) -> tuple[float, ...]:
    """Return the share of the month's violations that groups of firms hid."""
    firms = model.world.firms
    violated = firms.violation > 0
    hid = violated & (firms.misreported == model.world.month - 1) if len(firms.misreported) else violated & False
    return tuple(mean(hid[:, group], violated[:, group]) for group in groups)


@oracle("patterns", source="Greenstone et al., AER: Insights 2022", reductions=("pattern_automation",))
def automation_raises_what_is_reported(size: Size) -> Iterator[Finding]:
    """When measurement is automated, recorded violations rise, although no more are committed.

    What is measured automatically cannot be reported falsely. In the source reported PM10 rises by 35%. By construction
    what is no longer hidden is seen; that deterrence does not undo the rise, and that fewer violations are committed,
    emerges.
    """
    base = reduction("pattern_automation")
    honest = {"month": base.months // 2, "changes": {"reporting.misreport": 0.0}}
    found = worlds((base.changed({"phases": [honest]}), base), size.of(30, 4), _seen_and_done)
    yield effect("violations found, per firm and month", "more", found[0, :, 0], found[1, :, 0])
    yield effect("violations committed, per firm and month", "less", found[0, :, 1], found[1, :, 1])


def _seen_and_done(model: CreditRegime) -> tuple[float, float]:
    table = model.run_model().series.by_topic()
    late = table[(table["topic"] == "environment") & (table["month"] > model.spec.months // 2)]
    return float(late["detections"].mean()) / model.world.rows, float(late["violations"].mean())


@oracle("patterns", source="Lin, Milhaupt, China Quarterly 2023 (n = 531)", reductions=("pattern_connected",))
def connected_firms_score_higher(size: Size) -> Iterator[Finding]:
    """Politically connected firms score higher than others at equal compliance, and as they are shielded comply less.

    By construction: raters add points to connected firms. Tested is that it shows at equal compliance (firms keep the
    effort of their private optimum). That connected firms violate more when they may choose is no part of the source;
    it emerges, and is stated as a consequence. In the source the lead comes from social responsibility; here from all.
    """
    base = reduction("pattern_connected")
    kept = base.behaviour.model_dump(mode="json", include=set(Behaviour.model_fields) - {"kind"})
    fixed = base.changed({"behaviour": kept | {"kind": "none"}})
    twins = [twin for spec in (fixed, base) for twin in (spec, spec.changed({"rating.rater_bias": 0.0}))]
    found = worlds(twins, size.of(30, 4), _leads)
    yield effect(
        "lead in points at equal compliance, biased raters against not", "more", found[0, :, 0], found[1, :, 0]
    )
    yield effect("lead in points where firms choose", "more", found[2, :, 0], found[3, :, 0])
    yield effect("lead in expected violations where firms choose", "more", found[2, :, 1], found[3, :, 1])


def _leads(model: CreditRegime) -> tuple[float, float]:
    """Return by how much connected firms exceed others in score and in expected violations, over the second half."""
    world, leads = model.world, []
    for month in advance(model, model.spec.months):
        if month > model.spec.months // 2:
            home, tied = world.domestic(), world.firms.connected
            values = (world.firms.score.mean(axis=0), slack(world))
            leads.append([mean(value, home & tied) - mean(value, home & ~tied) for value in values])
    score, violations = np.nanmean(leads, axis=0)
    return float(score), float(violations)


@oracle("patterns", source="Lin, Milhaupt, China Quarterly 2023 (n = 531)", reductions=("pattern_connected",))
def leverage_goes_with_lower_scores(size: Size) -> Iterator[Finding]:
    """Firms with more debt relative to what they own score lower.

    Emerges: no rating looks at balance sheets; those with low scores pay for them, and violators for what is found.
    That the study finds no relation with profitability is an absence, which a sign cannot test.
    """
    found = worlds((reduction("pattern_connected"),), size.of(30, 6), _correlation)[0, :, 0]
    yield effect("correlation of leverage and score over firms", "less", found)


def _correlation(model: CreditRegime) -> tuple[float]:
    firms = model.run_model().world.firms
    rows = model.world.domestic() & (firms.equity + firms.debt > 0)
    leverage = firms.debt[rows] / (firms.equity[rows] + firms.debt[rows])
    return (float(np.corrcoef(leverage, firms.score.mean(axis=0)[rows])[0, 1]),)
