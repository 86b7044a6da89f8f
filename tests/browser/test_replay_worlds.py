"""The replay explorer's two worlds in a real browser: what it shows of them is what the model gives."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from creditregime import replay, run
from creditregime.laboratory.history import history
from creditregime.laboratory.link_history import link_history
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.sweeps import Sweep, sweep
from tests.browser.conftest import Visitor
from tests.browser.replayed import STUDY, Open, clicked, lines_of, picture


def test_the_numbers_are_those_of_the_runs(opened: Open, runs: tuple[RunResult, RunResult]) -> None:
    page = opened()
    for when in (1, 17, 30):
        page.locator("#month").evaluate(
            "(slider, month) => { slider.value = month; slider.dispatchEvent(new Event('input')); }", when
        )
        rows = page.locator("#numbers tbody tr")
        for row, (name, scale) in enumerate(
            [("compliance", 100), ("listed", 100), ("exits", 1), ("output", 100), ("segregation", 1)]
        ):
            left, right, difference = rows.nth(row).locator("td").all_inner_texts()
            values = [float(result.indicators[name].iloc[when - 1]) * scale for result in runs]
            for text, value in zip((left, right, difference), (*values, values[1] - values[0]), strict=True):
                if np.isnan(value):
                    assert text == "–"
                else:
                    found = float(text.replace("−", "-"))
                    assert abs(found - value) <= 0.0051 * abs(value) + 1e-4, (
                        f"{name}, month {when}: {text}, not {value}"
                    )
            assert name != "compliance" or f"left {left}, right {right}" in page.locator(".chart p").first.inner_text()


def test_all_months_of_both_worlds_can_be_downloaded(
    opened: Open, runs: tuple[RunResult, RunResult], tmp_path: Path
) -> None:
    page = opened()
    with page.expect_download() as caught:
        page.click("#csv")
    caught.value.save_as(tmp_path / "indicators.csv")
    rows = list(csv.DictReader((tmp_path / "indicators.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 60
    for world, result in zip(("left", "right"), runs, strict=True):
        for name in STUDY["months"]:
            found = [float(row[name] or "nan") for row in rows if row["world"] == world]
            np.testing.assert_array_equal(found, result.indicators[name].to_numpy(np.float64))


def test_the_scenario_of_a_world_can_be_downloaded_and_runs_again(
    opened: Open, runs: tuple[RunResult, RunResult], tmp_path: Path
) -> None:
    page = opened()
    with page.expect_download() as caught:
        page.click("#scenario-right")
    caught.value.save_as(tmp_path / "right.yaml")
    again = run(scenario=tmp_path / "right.yaml")
    assert again.seed == 5
    assert again.indicators.equals(runs[1].indicators)


def test_the_states_of_firms_are_those_of_the_runs(opened: Open, runs: tuple[RunResult, RunResult]) -> None:
    page = opened()
    for side, result in zip(("left", "right"), runs, strict=True):
        states = history(result)
        active, listed = states.active[20], states.listed[20]
        told = page.locator(f"#panel-{side} .state").inner_text()
        assert f"{active.sum()} firms in business" in told
        assert (
            f"on a blacklist {(listed[active] > 0).sum()} ({(listed[active] == 2).sum()} by association only)" in told
        )
        assert f"held down by association {(states.lowered[20] & active).sum()}" in told
        assert f"exits so far {states.exited[:21].sum()}" in told
        assert told in str(page.locator(f"#panel-{side} canvas").get_attribute("aria-label"))
    assert (history(runs[1]).lowered[20] & history(runs[1]).active[20]).any(), "somebody is held down"


def test_a_click_on_a_firm_tells_its_story_in_both_worlds(opened: Open, runs: tuple[RunResult, RunResult]) -> None:
    page = opened()
    lowered = history(runs[1]).lowered[20] & history(runs[1]).active[20]
    firm = clicked(page, "left", {*np.flatnonzero(lowered).tolist()})
    for side, result in zip(("left", "right"), runs, strict=True):
        story = result.model.firm(firm).story().split("\n")  # type: ignore[union-attr]
        assert lines_of(page, side) == story
        grade = history(result).era(20).scale[history(result).grade[20, firm]]
        expect(page.locator(f"#story-{side} dl")).to_contain_text(grade.replace("_", " "))
    expect(page.locator("#story-right dl")).to_contain_text("held down by association")
    expect(page.locator("#story-right .now")).to_contain_text("The month shown is year 2, month 8")
    picture(page, "firm")


def test_partners_are_those_of_the_month_and_lead_on(opened: Open, runs: tuple[RunResult, RunResult]) -> None:
    page = opened("#left=1&right=3&seed=5&month=20&firm=7")
    links = link_history(runs[0])
    suppliers = sorted({*links.supplier[20][links.active[20] & (links.buyer == 7)].tolist()})
    assert suppliers
    lists = page.locator("#story-left .partners")
    told = [int(text.split()[0]) for text in lists.first.locator("button").all_inner_texts()]
    assert told == suppliers
    lists.first.locator("button").first.click()
    assert page.input_value("#firm") == str(suppliers[0])


def test_a_chosen_firm_and_its_partners_are_seen_in_both_networks(opened: Open) -> None:
    page = opened()
    before = [page.locator(f"#panel-{side} canvas").evaluate("one => one.toDataURL()") for side in ("left", "right")]
    page.fill("#firm", "7")
    page.press("#firm", "Enter")
    after = [page.locator(f"#panel-{side} canvas").evaluate("one => one.toDataURL()") for side in ("left", "right")]
    assert all(one != other for one, other in zip(before, after, strict=True))
    page.click("#nobody")
    again = [page.locator(f"#panel-{side} canvas").evaluate("one => one.toDataURL()") for side in ("left", "right")]
    assert again == before
    expect(page.locator("#stories")).to_be_hidden()


def test_each_network_is_drawn_of_its_own_world(opened: Open) -> None:
    page = opened()

    def drawn() -> list[str]:
        return [page.locator(f"#panel-{side} canvas").evaluate("one => one.toDataURL()") for side in ("left", "right")]

    left, right = drawn()
    assert left != right, "somebody is held down in the right world alone"
    page.click("#swap")
    expect(page.locator("#differs")).to_contain_text("left on, right off")
    assert drawn() == [right, left]  # to the last pixel


def test_the_next_firm_whose_story_differs(opened: Open, runs: tuple[RunResult, RunResult]) -> None:
    page = opened()
    stories = [[result.model.firm(row).story() for row in range(120)] for result in runs]  # type: ignore[union-attr]
    differing = [row for row in range(120) if stories[0][row] != stories[1][row]]
    assert 2 < len(differing) < 120
    for firm in differing[:3]:
        page.click("#differing")
        assert page.input_value("#firm") == str(firm)
        assert page.locator("#stories .only").count() > 0
    page.click("#same")
    page.click("#differing")
    expect(page.locator("#problem")).to_have_text("Every firm has the same story in both worlds.")


def test_toggles_and_the_seed_switch_the_runs(opened: Open, swept: Sweep) -> None:
    page = opened()
    page.locator("#settings-left select").nth(1).select_option("0")
    page.select_option("#seed", "1")
    page.click("#last")
    other = run(swept.scenario(0, 6))
    expect(page.locator("#panel-left .state")).to_contain_text(f"exits so far {history(other).exited.sum()}.")
    row = page.locator("#numbers tbody tr").first.locator("td").first
    assert float(row.inner_text()) == pytest.approx(100 * other.indicators["compliance"].iloc[-1], abs=0.051)
    expect(page.locator("#differs")).to_contain_text("left off, right on")
    page.click("#same")
    expect(page.locator("#differs")).to_have_text("Nothing differs: both worlds are the same.")
    assert page.locator("#numbers tbody td:nth-of-type(3)").all_inner_texts() == ["0"] * 5
    page.click("#opening")
    expect(page.locator("#month")).to_have_value("20")
    page.click("#swap")
    expect(page.locator("#differs")).to_have_text("What differs: Partner liability: left on, right off.")


def test_where_not_every_combination_was_run_the_nearest_one_is_shown(quiet: Visitor, tmp_path: Path) -> None:
    points = [{"fines.scale": 1, "months": 3, "regime": name} for name in ("siloed_topics", "fines_only")]
    points = [*points, {"fines.scale": 2, "months": 3, "regime": "fines_only"}]
    study = {
        "base": ["population.firms=30"],
        "design": {"kind": "list", "points": points},
        "replicates": {"kind": "fixed", "seeds": 1},
    }
    page_file = replay(sweep(study, tmp_path / "sweep", workers=1), tmp_path / "list.html", workers=1)
    page = quiet.page()
    page.goto(page_file.as_uri())
    page.wait_for_selector("body[data-ready]")
    scale, regime = (page.locator("#settings-left select").nth(number) for number in (0, 1))
    assert (scale.input_value(), regime.input_value()) == ("0", "0")
    scale.select_option(index=1)
    expect(page.locator("#problem")).to_contain_text("This combination of settings was not run")
    assert (scale.input_value(), regime.input_value()) == ("1", "1")
    scale.select_option(index=0)
    expect(page.locator("#problem")).to_be_hidden()
    expect(page.locator("#panel-left .setting")).to_contain_text("Regime: fines only")
