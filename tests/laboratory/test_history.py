"""The history of a run, rebuilt from its log, is what the model's arrays were at the end of each month."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime, Scenario, load
from creditregime.errors import CreditRegimeError
from creditregime.indicators.measure import black
from creditregime.laboratory.archive import read_run
from creditregime.laboratory.history import History, history
from creditregime.laboratory.link_history import link_history
from creditregime.laboratory.run import RunResult, run, tabulate
from creditregime.laboratory.store import save_tables
from creditregime.presets import groups

SMALL = ("population.firms=50", "months=30")
CASES = {
    **{regime: (f"regime={regime}", *SMALL) for regime in groups()["regime"]},
    "history": ("regime=history", "population.firms=30", "months=175"),
    "listed by partners": (
        "regime=joint_2016",
        *SMALL,
        "spillover.partner.mode=list",
        "spillover.partner.threshold=0.2",
        "spillover.group={kind: linear, strength: 0.5, mode: list}",
        "behaviour={kind: none}",
        "monitoring.share=1",
    ),
    "percentiles": (
        "regime=joint_2016",
        *SMALL,
        "rating={kind: percentile, shares: {excellent: 0.2, good: 0.3, medium: 0.4}, lowest: poor}",
    ),
    "much turnover": ("regime=joint_2016", *SMALL, "exit.background=0.3", "entry.rate=0.9", "entry.same_person=0.9"),
    "local pilots": ("regime=pilots_2014", *SMALL, "relocation.kind=comparing"),
}


def stepped(scenario: Scenario) -> tuple[RunResult, History]:
    """Return a run, and its history as the model's arrays show it while it runs."""
    model = CreditRegime(scenario)
    firms, shape = model.world.firms, (scenario.months + 1, model.world.rows)
    seen = {name: np.zeros(shape, np.int8) for name in ("active", "grade", "lowered", "listed")}
    for month in range(scenario.months + 1):
        seen["active"][month] = firms.active
        seen["grade"][month] = firms.grade.min(axis=0)
        seen["lowered"][month] = (firms.grade < firms.own_grade).any(axis=0) & firms.active
        seen["listed"][month] = black(model.world) if month else 0
        if month < scenario.months:
            model.step()
    nobody = np.zeros(shape, bool)
    result = tabulate(model, {})
    return result, History((), entered=nobody, exited=nobody, **seen)


@pytest.mark.parametrize("case", CASES)
def test_every_month_is_rebuilt_from_the_log(case: str) -> None:
    result, seen = stepped(load(*CASES[case], seed=4))
    found = history(result)
    at = seen.active.astype(bool)
    for name in ("active", "lowered", "listed"):
        np.testing.assert_array_equal(getattr(found, name), getattr(seen, name), err_msg=name)
    np.testing.assert_array_equal(found.grade[at], seen.grade[at])
    law = result.model.world.law  # type: ignore[union-attr]
    assert found.era(found.months).scale == law.grades
    assert found.era(found.months).lists == law.lists
    assert found.exited.sum() == len(result.exits)
    if case == "listed by partners":
        assert (found.listed == 2).any()
        assert ((found.listed[:-1] == 2) & (found.listed[1:] == 1)).any(), "and some for their own act later"
    if case == "history":
        assert len({era.scale for era in found.eras}) > 2


def test_a_stored_run_has_the_same_history(small_run: RunResult, tmp_path: Path) -> None:
    found, again = history(small_run), history(read_run(save_tables(small_run, tmp_path / "run")))
    for name in ("active", "grade", "lowered", "listed", "entered", "exited"):
        np.testing.assert_array_equal(getattr(found, name), getattr(again, name))
    assert found.eras == again.eras


def test_shares_are_those_of_the_indicators(small_run: RunResult) -> None:
    found, measured = history(small_run), small_run.indicators
    calm = np.flatnonzero(~(found.exited | found.entered).any(axis=1))[1:]  # indicators are taken before firms leave
    assert len(calm) > 5
    firms = found.active[calm].sum(axis=1)
    shares = {f"grade_{name}": found.grade == code for code, name in enumerate(found.era(1).scale)}
    shares |= {"listed": found.listed > 0, "downgraded_by_association": found.lowered}
    for name, which in shares.items():
        share = (which & found.active)[calm].sum(axis=1) / firms
        np.testing.assert_allclose(share, measured[name].to_numpy()[calm - 1], atol=1e-12, err_msg=name)


def test_a_log_without_first_grades_is_refused(small_run: RunResult) -> None:
    events = small_run.events[small_run.events["kind"] != "opened"]
    with pytest.raises(CreditRegimeError, match="creditregime rerun FOLDER"):
        history(replace(small_run, events=events))


def test_stories_do_not_repeat_what_completes_the_log() -> None:
    model = run("regime=joint_2016", "population.firms=30", "months=12", seed=1).model
    assert model is not None
    for row in range(30):
        assert not set(model.firm(row).history()["event"]) & {"opened", "lowered", "confirmed"}


# Links


@pytest.mark.parametrize("case", ["joint_2016", "press", "much turnover", "local pilots"])
def test_links_are_followed_through_the_log(case: str) -> None:
    scenario = load(*CASES[case], seed=4)
    model = CreditRegime(scenario)
    network = model.world.network
    buyers = network.buyers_of(np.arange(len(network.supplier)))
    seen = [pairs(buyers, network.supplier, network.weight > 0)]
    for _ in range(scenario.months):
        model.step()
        seen.append(pairs(buyers, network.supplier, network.weight > 0))
    found = link_history(tabulate(model, {}))
    assert [pairs(found.buyer, *of) for of in zip(found.supplier, found.active, strict=True)] == seen
    assert seen[0] != seen[-1]


def pairs(buyer: Any, supplier: Any, active: Any) -> set[tuple[int, int]]:
    return {*zip(buyer[active].tolist(), supplier[active].tolist(), strict=True)}
