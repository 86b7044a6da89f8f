from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from creditregime.laboratory.effects import effect_table, group_effect_table, paired, with_p_values
from creditregime.laboratory.outcomes import BY_NAME, LATE_MONTHS, OUTCOMES, summarise


def test_intervals_are_students_over_pairs() -> None:
    rng = np.random.default_rng(1)
    base = rng.normal(size=(12, 3))
    one, other = base + rng.normal(1, 0.2, size=(12, 3)), base
    found = paired(one, other)
    known = stats.ttest_rel(one, other).confidence_interval(0.95)
    assert found["low"] == pytest.approx(known.low)
    assert found["high"] == pytest.approx(known.high)
    assert found["effect"] == pytest.approx((one - other).mean(axis=0))
    unpaired = one.var(axis=0, ddof=1) + other.var(axis=0, ddof=1)
    assert found["variance_ratio"] == pytest.approx((one - other).var(axis=0, ddof=1) / unpaired)
    assert (found["variance_ratio"] < 0.2).all()


def test_one_pair_has_an_effect_but_no_interval() -> None:
    found = paired(np.array([[3.0]]), np.array([[1.0]]))
    assert found["effect"] == [2]
    assert np.isnan([found["low"][0], found["high"][0], found["variance_ratio"][0]]).all()


def test_pairs_are_matched_by_seed_not_by_row() -> None:
    rows = [("scenario", 1, 5.0), ("scenario", 2, 7.0), ("against", 2, 6.0), ("against", 1, 4.0)]
    outcomes = pd.DataFrame(rows, columns=["variant", "seed", "compliance"])
    table = effect_table(outcomes, [BY_NAME["compliance"]])
    assert table["effect"].item() == 1
    assert table["low"].item() == table["high"].item() == 1  # both pairs differ by one


def test_levels_are_late_means_and_exits_totals_per_thousand() -> None:
    months = np.arange(1, 101)
    frame = pd.DataFrame({outcome.name: np.zeros(100) for outcome in OUTCOMES} | {"month": months, "firms": 500.0})
    frame["compliance"] = np.where(months > 100 - LATE_MONTHS, 0.5, 0.1)
    frame["exits"] = 1.0
    frame.loc[1:, "firms"] = 400.0  # later months do not change how many firms there were
    values = summarise(frame)
    assert values["compliance"] == pytest.approx(50)
    assert values["exits"] == pytest.approx(200)
    assert list(values) == [outcome.name for outcome in OUTCOMES]


def test_jurisdictions_count_alike() -> None:
    frame = pd.DataFrame({outcome.name: [0.0, 0.0] for outcome in OUTCOMES} | {"jurisdiction": [0, 1], "firms": 10.0})
    frame["exits"] = [1.0, 3.0]
    assert summarise(frame)["exits"] == pytest.approx(200)


def grouped(groups: int = 8, seeds: int = 9) -> pd.DataFrame:
    """Return outcomes of groups of which the effects grow from none to large."""
    rng = np.random.default_rng(5)
    rows = []
    for number in range(groups):
        for seed in range(seeds):
            for variant, effect in (("scenario", 0.25 * number), ("against", 0.0)):
                rows.append((variant, seed, "sector", f"s{number}", 10.0, effect + rng.normal(), 1.0))
    columns = ["variant", "seed", "dimension", "group", "firms", "compliance", "exits"]
    return pd.DataFrame(rows, columns=columns)


def test_p_values_are_students_and_adjusted_for_the_groups_of_an_outcome() -> None:
    outcomes = grouped()
    table = group_effect_table(outcomes, [BY_NAME["compliance"], BY_NAME["exits"]])
    found = table[table["outcome"] == "compliance"].set_index("group")
    for group, inside in outcomes.groupby("group"):
        wide = inside.pivot(index="seed", columns="variant", values="compliance")
        assert found.loc[group, "p"] == pytest.approx(stats.ttest_rel(wide["scenario"], wide["against"]).pvalue)
    p = found["p"].to_numpy()
    order = np.argsort(p)
    holm = [max(min(1.0, (len(p) - k) * p[order[k]]) for k in range(rank + 1)) for rank in range(len(p))]
    np.testing.assert_allclose(found["p_holm"].to_numpy()[order], holm)
    bh = [min(min(1.0, len(p) / (k + 1) * p[order[k]]) for k in range(rank, len(p))) for rank in range(len(p))]
    np.testing.assert_allclose(found["p_bh"].to_numpy()[order], bh)
    assert (found["p"] < 0.05).sum() > (found["p_holm"] < 0.05).sum() > 0
    same = table[table["outcome"] == "exits"]  # nothing differs, in no seed
    assert (same[["p", "p_holm", "p_bh"]] == 1).all(axis=None)


def test_adjusted_p_values_never_fall_where_plain_ones_rise() -> None:
    table = pd.DataFrame({"outcome": "x", "effect": [1.0, 1.0], "seeds": 10})
    margin = stats.t.ppf(0.975, 9) / np.array([stats.t.ppf(1 - p / 2, 9) for p in (0.01, 0.011)])
    found = with_p_values(table.assign(low=1 - margin, high=1 + margin))
    np.testing.assert_allclose(found["p"], [0.01, 0.011])
    np.testing.assert_allclose(found["p_holm"], [0.02, 0.02])
    np.testing.assert_allclose(found["p_bh"], [0.011, 0.011])


def test_one_seed_has_no_p_values_and_a_sure_effect_a_p_of_zero() -> None:
    outcomes = grouped(2, 1)
    assert group_effect_table(outcomes, [BY_NAME["compliance"]])[["p", "p_holm", "p_bh"]].isna().all(axis=None)
    sure = grouped(2, 3).assign(exits=lambda table: (table["variant"] == "scenario") * 2.0)
    assert (group_effect_table(sure, [BY_NAME["exits"]])["p_holm"] == 0).all()
