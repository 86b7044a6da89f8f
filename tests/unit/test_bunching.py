"""Bunching: shares, efforts and paired differences around a cut-off, recounted."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy import stats

from creditregime import run
from creditregime.errors import CreditRegimeError
from creditregime.presentation.bunching_figure import Scores, bunching, excess

LOW, HIGH = 80, 100


@pytest.fixture(scope="module")
def worlds() -> tuple[Scores, Scores]:
    draws = np.random.Generator(np.random.PCG64(8))
    plain = [draws.normal(90, 4, 400) for _ in range(5)]
    notch = [np.where((score > 90) & (score < 93), score + 3, score) for score in plain]
    efforts = [draws.uniform(size=400) for _ in range(5)]
    one, other = (Scores.of(name, data, efforts, LOW, HIGH) for name, data in (("with", notch), ("without", plain)))
    return one, other


def test_shares_and_efforts_are_counted_by_whole_points(worlds: tuple[Scores, Scores]) -> None:
    scores = Scores.of("x", [[79.0, 80.9, 93.2, 93.7, 104.0]], [[0.1, 0.3, 0.5, 0.7, 0.9]], LOW, HIGH)
    assert scores.share[0, [0, 13, 20]].tolist() == [0.4, 0.4, 0.2], "the ends take what lies beyond"
    assert scores.effort[0, [0, 13, 20]].tolist() == pytest.approx([0.2, 0.6, 0.9])
    assert np.isnan(scores.effort[0, 5])
    for world in worlds:
        np.testing.assert_allclose(world.share.sum(axis=1), 1)


def test_paired_differences_around_the_cut_off_are_told(worlds: tuple[Scores, Scores]) -> None:
    one, other = worlds
    above, below = excess(worlds, 93, 3)
    np.testing.assert_allclose(above, one.share[:, 13:16].sum(axis=1) - other.share[:, 13:16].sum(axis=1))
    np.testing.assert_allclose(below, one.share[:, 10:13].sum(axis=1) - other.share[:, 10:13].sum(axis=1))
    half = stats.t.ppf(0.975, 4) * above.std(ddof=1) / np.sqrt(5)
    picture = bunching(worlds, {"A": 93})
    assert f"+{100 * above.mean():.1f} ± {100 * half:.1f}% of firms in the 3 points above" in picture.alt
    assert f"−{-100 * below.mean():.1f} ± " in picture.alt
    assert "paired differences" in picture.caption
    assert picture == bunching(worlds, {"A": 93})


def test_one_world_has_shares_and_one_seed_no_interval(worlds: tuple[Scores, Scores]) -> None:
    one = worlds[0]
    alone = bunching([one], {"A": 93, "B": 85}, reach=2)
    share = one.share[:, 13:15].sum(axis=1).mean()
    assert f"grade A from 93: {100 * share:.1f} ±" in alone.alt
    assert "paired" not in alone.caption
    first = Scores(one.label, LOW, one.share[:1], one.effort[:1])
    single = bunching([first], {"A": 93})
    assert "One seed, so that no interval can be given" in single.caption
    assert "±" not in single.alt
    assert not re.search(r"\bnan\b", single.alt + single.caption)


def test_scores_of_runs_are_those_of_firms_in_business() -> None:
    results = [
        run("regime=joint_2016", "population.firms=40", "months=12", "exit.background=0.5", seed=s) for s in (1, 2)
    ]
    scores = Scores.of_runs("joint", results, 40, 100)
    assert scores.share.shape == (2, 61)
    firms = results[1].firms[results[1].firms["active"]]
    assert len(firms) < 40
    assert scores.share[1, -1] == pytest.approx((firms["score"] >= 100).mean())


def test_what_cannot_be_compared_is_one_line(worlds: tuple[Scores, Scores]) -> None:
    with pytest.raises(CreditRegimeError, match="one or two worlds on the same scores"):
        bunching([], {"A": 93})
    other = Scores.of("x", [[90.0]], [[0.5]], 70, 100)
    with pytest.raises(CreditRegimeError, match="one or two worlds on the same scores"):
        bunching([worlds[0], other], {"A": 93})
    with pytest.raises(CreditRegimeError, match=r"cutoffs.A: 101 is not allowed: must be above 80 and at most 100"):
        bunching(worlds, {"A": 101})
    with pytest.raises(CreditRegimeError, match="a seed are needed"):
        Scores.of("x", [], [], 0, 1)
