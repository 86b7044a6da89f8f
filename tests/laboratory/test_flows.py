"""Flows between grades: recounted firm by firm from the model's arrays."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from creditregime import CreditRegime, load
from creditregime.codes import Event
from creditregime.errors import CreditRegimeError
from creditregime.indicators.measure import black
from creditregime.laboratory.flows import grade_flows, in_between
from creditregime.laboratory.history import history
from creditregime.laboratory.run import tabulate

MONTHS = (0, 7, 8, 20, 30)
CASES = {
    "lists": ("regime=joint_2016", "behaviour={kind: none}", "monitoring.share=0.3"),
    "turnover": ("regime=press", "exit.background=0.5", "entry.rate=0.6"),
    "no regime": ("regime=none",),
}


@pytest.mark.parametrize("case", CASES)
def test_flows_are_those_of_every_firm(case: str) -> None:
    model = CreditRegime(load(*CASES[case], "population.firms=60", "months=30", seed=2))
    firms, number = model.world.firms, np.zeros(60, int)  # of the firm at each place, counted from 0
    seen = {}
    lives: dict[tuple[int, int], list[int]] = {(place, 0): [0] for place in range(60)}
    for month in range(31):
        if month:
            model.step()
            log = model.world.events
            kinds = log["kind"][log["month"] == month - 1]
            rows = log["firm"][log["month"] == month - 1]
            for row in rows[kinds == Event.ENTERED]:
                number[row] += 1
        grades = [model.world.law.grades[code] for code in firms.grade.min(axis=0)]
        listed = black(model.world) > 0
        for place in np.flatnonzero(firms.active):
            seen[int(place), int(number[place]), month] = (grades[place], bool(listed[place]))
            lives.setdefault((int(place), int(number[place])), []).append(month)
    result = tabulate(model, {})
    states = history(result)
    found = grade_flows(states, MONTHS)
    for start, end in pairwise(MONTHS):
        expected: Counter[tuple[str, bool, str, bool]] = Counter()
        for place, life in lives:
            before, after = (seen.get((place, life, month)) for month in (start, end))
            if before or after:
                expected[(*(before or ("entry", False)), *(after or ("exit", False)))] += 1
        part = found[(found["start"] == start) & (found["end"] == end)].drop(columns=["start", "end"])
        assert {row[:4]: row[4] for row in part.itertuples(index=False, name=None)} == expected
    unseen = [life for life in lives if not any((*life, month) in seen for month in MONTHS)]
    assert in_between(states, MONTHS) == len(unseen)
    if case == "turnover":
        assert len(unseen) > 0
        assert {"entry", "exit"} <= {*found["source"], *found["target"]}
    if case == "lists":
        assert found["target_listed"].any()


def test_columns_hold_the_firms_in_business() -> None:
    model = CreditRegime(load("regime=joint_2016", "population.firms=50", "months=24", seed=1)).run_model()
    states = history(tabulate(model, {}))
    found = grade_flows(states, (0, 12, 24))
    for month, column in ((0, "source"), (12, "source"), (12, "target"), (24, "target")):
        at = found[(found["start" if column == "source" else "end"] == month) & ~found[column].isin(["entry", "exit"])]
        assert at["firms"].sum() == states.active[month].sum()


@pytest.mark.parametrize("months", [(0,), (0, 0), (3, 1), (-1, 3), (0, 25)])
def test_months_that_do_not_rise_within_the_run_are_refused(months: tuple[int, ...]) -> None:
    model = CreditRegime(load("regime=none", "population.firms=10", "months=24")).run_model()
    with pytest.raises(CreditRegimeError, match="at least two, rising, from 0 to 24"):
        grade_flows(history(tabulate(model, {})), months)
