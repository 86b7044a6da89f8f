"""The network through time: snapshots are the months they show, and the same run gives the same film."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.animation import FFMpegWriter
from matplotlib.figure import Figure
from PIL import Image, ImageChops

from creditregime import compare, run
from creditregime.errors import CreditRegimeError, StoreError
from creditregime.laboratory.archive import read
from creditregime.laboratory.compare import Comparison
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.store import save_tables
from creditregime.presentation import animation, network_figure
from creditregime.presentation.animation import animate
from creditregime.presentation.layout import arrange
from creditregime.presentation.network_film import Film, chosen_months
from creditregime.presentation.network_stage import Stage
from creditregime.presentation.network_time import network_through_time, twins_through_time

SMALL = ("population.firms=40", "months=12", "behaviour={kind: none}", "monitoring.share=0.3")
LISTS = "spillover.partner={kind: linear, strength: 0.5, mode: list, threshold: 0.3}"


@pytest.fixture(scope="module")
def one() -> RunResult:
    return run("regime=joint_2016", *SMALL, LISTS, seed=3)


@pytest.fixture(scope="module")
def film(one: RunResult) -> Film:
    return Film(one, arrange([one]))


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare("regime=joint_2016", *SMALL, LISTS, against={"spillover.partner.kind": "none"}, seeds=2, workers=1)


def test_the_last_snapshot_is_the_state_that_the_run_left(one: RunResult, film: Film) -> None:
    last, now = network_figure._last(one, film.places), film.snapshot(12, 12)
    assert (last.listed == 2).any()
    for name in ("grade", "listed", "active", "successor"):
        on = last.active if name == "grade" else np.ones(len(last.active), bool)
        np.testing.assert_array_equal(getattr(last, name)[on], getattr(now, name)[on], err_msg=name)
    assert {map(tuple, last.links)} != set()
    assert sorted(map(tuple, last.links.tolist())) == sorted(map(tuple, now.links.tolist()))
    assert not now.sanctioned.any()  # type: ignore[union-attr]
    assert len(now.strikes) == 0, "nothing happened after the last month"


def test_what_just_happened_is_what_the_log_says(one: RunResult, film: Film) -> None:
    log, rows = one.events, film.places.rows
    first = int(log.loc[(log["kind"] == "listed") & (log["value"] == "associated"), "month"].iloc[0])
    shot = film.snapshot(first + 1, first - 1)
    within = log[(log["month"] > first - 1) & (log["month"] <= first + 1)]
    sanctioned = within.loc[within["kind"] == "sanctioned", "firm"]
    np.testing.assert_array_equal(np.flatnonzero(shot.sanctioned), np.flatnonzero(np.isin(rows, sanctioned)))
    hit = within.loc[(within["kind"] == "listed") & (within["value"] == "associated"), "firm"]
    assert len(hit)
    assert set(rows[shot.strikes[:, 0]]) >= {*hit} & {*rows}
    assert len(film.snapshot(12, 0).strikes) == sum(len(film.snapshot(m, m - 1).strikes) for m in range(1, 13))


def test_words_and_strip_count_all_firms(one: RunResult, film: Film) -> None:
    shares = film.shares()
    states = film.states
    assert shares.listed[7] == (states.listed[7][states.active[7]] > 0).mean()
    left = len(one.exits[one.exits["month"] <= 7])
    assert f"exits so far {left}" in film.in_words(7)
    assert f"{shares.listed[7]:.1%} listed" in film.in_words(7)
    picture = network_through_time(one, [7, 12])
    assert f"month 7: {film.in_words(7)}" in picture.alt
    assert not re.search(r"\bnan\b", picture.alt + picture.caption)
    assert picture == network_through_time(one, [7, 12])


def test_every_drawn_firm_is_in_one_place_and_one_shape(film: Film, one: RunResult) -> None:
    stage = Stage(Figure().subplots(), film.places, one.firms.iloc[film.places.rows])
    shot = film.snapshot(12, 6)
    stage.show(shot)
    shapes = ("firm", "successor", "listed", "associated", "vacant")
    shown = [tuple(at) for name in shapes for at in stage._marks[name].get_offsets().round(6).tolist()]
    assert sorted(shown) == sorted(map(tuple, film.places.at.round(6).tolist()))
    assert len(stage._marks["associated"].get_offsets()) == (shot.active & (shot.listed == 2)).sum() > 0
    assert len(stage._marks["sanctioned"].get_offsets()) == (shot.active & shot.sanctioned).sum()
    assert len(stage._struck.get_segments()) == len(shot.strikes)


def test_months_are_spread_over_the_run() -> None:
    assert chosen_months(120, 6) == [12, 36, 60, 72, 96, 120]
    assert chosen_months(120, 3) == [12, 72, 120]
    assert chosen_months(1, 6) == [1]
    assert chosen_months(12, 6)[-1] == 12
    assert animation._months(12, 5) == [1, 6, 11, 12]
    assert len(animation._months(120, None)) == 120
    assert len(animation._months(600, None)) <= 120


def test_a_month_that_was_not_is_refused(one: RunResult) -> None:
    with pytest.raises(CreditRegimeError, match="months: 13 is not allowed: must be from 1 to 12"):
        network_through_time(one, [1, 13])


def test_twins_stand_in_the_same_places(comparison: Comparison) -> None:
    picture = twins_through_time(comparison.example, comparison.labels)
    here, there = comparison.labels
    assert here in picture.alt
    assert there in picture.alt
    assert f"seed {comparison.seeds[0]}" in picture.caption


# Animation


def frames(path: Path) -> list[Image.Image]:
    with Image.open(path) as image:
        found = []
        for number in range(image.n_frames):
            image.seek(number)
            found.append(image.convert("RGB"))
        return found


def test_the_same_run_gives_the_same_film(one: RunResult, tmp_path: Path) -> None:
    first = animate(one, tmp_path / "a.gif", every=4, dpi=40)
    assert first == tmp_path / "a.gif"
    stored = read(save_tables(one, tmp_path / "run"))
    again = animate(stored, tmp_path / "sub" / "b.gif", every=4, dpi=40)
    assert first.read_bytes() == again.read_bytes()
    drawn = frames(first)
    assert len({frame.tobytes() for frame in drawn}) == 4, "months 1, 5, 9 and 12"
    assert drawn[0].size == drawn[-1].size
    assert ImageChops.difference(drawn[0], drawn[1]).getbbox() is not None
    assert first.stat().st_size < 300_000
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["a.gif", "run", "sub"]


def test_two_worlds_are_shown_side_by_side(comparison: Comparison, tmp_path: Path) -> None:
    pair = frames(animate(comparison, tmp_path / "pair.gif", every=6, dpi=30))[0]
    alone = frames(animate(comparison.example[0], tmp_path / "one.gif", every=6, dpi=30))[0]
    assert pair.width == 2 * alone.width


def test_a_film_of_what_cannot_be_shown_is_one_line_and_no_file(
    one: RunResult, comparison: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StoreError, match=r"a film is written as \.gif or \.mp4"):
        animate(one, tmp_path / "a.avi")
    with pytest.raises(CreditRegimeError, match="every: 0 is not allowed"):
        animate(one, tmp_path / "a.gif", every=0)
    monkeypatch.setattr(FFMpegWriter, "isAvailable", classmethod(lambda cls: False))
    with pytest.raises(StoreError, match="ffmpeg, which is not installed; write a"):
        animate(one, tmp_path / "a.mp4")
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        animate(one, tmp_path / "file" / "a.gif", every=12, dpi=30)
    other = compare("regime=none", *SMALL[:2], against={"population.state_share": 0.4}, seeds=1, workers=1)
    with pytest.raises(CreditRegimeError, match="different firms"):
        animate(other, tmp_path / "a.gif")
    old = replace(one, events=one.events[one.events["kind"] != "opened"])
    with pytest.raises(CreditRegimeError, match="creditregime rerun FOLDER"):
        animate(old, tmp_path / "a.gif")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(not FFMpegWriter.isAvailable(), reason="ffmpeg is not installed")
def test_ffmpeg_writes_mp4(one: RunResult, tmp_path: Path) -> None:
    film = animate(one, tmp_path / "a.mp4", every=4, dpi=41)
    assert film.read_bytes()[4:8] == b"ftyp"
    assert film.stat().st_size > 1000


@pytest.mark.parametrize("overrides", [("regime=none",), ("regime=joint_2016", "exit.kind=none", "months=1")])
def test_where_nothing_happens_there_is_still_a_network(overrides: tuple[str, ...], tmp_path: Path) -> None:
    quiet = run("population.firms=20", "months=3", *overrides, seed=1)
    assert "0.0% listed" in network_through_time(quiet).alt
    assert animate(quiet, tmp_path / "a.gif", dpi=30).exists()
