"""What a finished sweep tells of sensitivity: known functions at the points of its designs, holes, noise, real runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from creditregime import Scenario, Study, Sweep, interactions, load, open_sweep, sensitivity, sweep
from creditregime.errors import ScenarioError, StoreError
from creditregime.laboratory.sensitivity.noise import noise_of
from creditregime.laboratory.sensitivity.resampling import Bootstrap
from creditregime.laboratory.sensitivity.sobol_indices import sobol_indices
from creditregime.laboratory.sweeps.bounds import Bounds
from creditregime.laboratory.sweeps.designs import Point
from creditregime.validation import reduction

pytest.importorskip("SALib")
SHARES = ("joint_punishment.strength", "learning.own", "learning.partners")
"""Three parameters whose own bounds are 0 and 1."""
Value = Callable[[list[float], int], float]


class Answered(Sweep):
    """A sweep whose runs are the values of a function of factors and seed: nothing is simulated."""

    base = load("regime=joint_2016")

    def __init__(self, design: dict[str, Any], value: Value, seeds: int = 1) -> None:
        self.study = Study.parse(
            {"design": design, "replicates": {"kind": "fixed", "seeds": seeds}, "keep": ["compliance", "listed"]}
        )
        self.folder = Path("nowhere")
        points = self.study.design.lay_out(Bounds(self.base))
        rows = [
            (number, seed, value([*point.factors.values()], seed), 7.0)
            for number, point in enumerate(points)
            for seed in range(1, seeds + 1)
        ]
        self.__dict__["points"] = self._table(points)
        self.__dict__["runs"] = pd.DataFrame(rows, columns=["point", "seed", "compliance", "listed"])
        self.__dict__["failures"] = pd.DataFrame({"point": [], "seed": []})

    @staticmethod
    def _table(points: list[Point]) -> pd.DataFrame:
        table = pd.DataFrame([point.factors for point in points])
        table.insert(0, "point", range(len(points)))
        return table

    def scenario(self, point: int, seed: int | None = None) -> Scenario:
        return self.base

    def fail(self, point: int, seed: int) -> None:
        """Let a run have failed."""
        runs = self.runs
        self.__dict__["runs"] = runs[(runs["point"] != point) | (runs["seed"] != seed)]
        self.__dict__["failures"] = pd.concat([self.failures, pd.DataFrame({"point": [point], "seed": [seed]})])


def design(kind: str, *paths: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "factors": {path: {} for path in paths or SHARES}} | more


def ishigami(x: list[float], seed: int = 1) -> float:
    """Ishigami and Homma's function, its factors brought from [0, 1] to [-π, π]."""
    one, two, three = (np.pi * (2 * value - 1) for value in x)
    return float(np.sin(one) + 7 * np.sin(two) ** 2 + 0.1 * three**4 * np.sin(one))


# What designs tell


def test_saltelli_gives_the_indices_of_ishigami() -> None:
    found = sensitivity(Answered(design("saltelli", power=11), ishigami), ["compliance"], resamples=200)
    assert found["factor"].tolist() == [*SHARES]  # by ST, the largest first
    np.testing.assert_allclose(found["S1"], [0.3139, 0.4424, 0], atol=0.02)
    np.testing.assert_allclose(found["ST"], [0.5576, 0.4424, 0.2437], atol=0.02)
    for name, exact in (("S1", [0.3139, 0.4424, 0]), ("ST", [0.5576, 0.4424, 0.2437])):
        assert ((found[f"{name}_low"] < exact) & (exact < found[f"{name}_high"])).all()
    assert set(found["method"]) == {"sobol"}
    assert found["blocks"].tolist() == [2048] * 3
    assert found["noise_of_run"].isna().all()  # one seed tells nothing of noise


def test_pairs_have_the_interaction_of_ishigami() -> None:
    answered = Answered(design("saltelli", power=11, second_order=True), ishigami)
    found = interactions(answered, ["compliance"], resamples=200)
    assert found.loc[0, ["factor", "other"]].tolist() == [SHARES[0], SHARES[2]]
    np.testing.assert_allclose(found["S2"], [0.2437, 0, 0], atol=0.04)
    assert (found["S2_low"] < [0.2437, 0, 0]).all()
    assert (found["S2_high"] > [0.2437, 0, 0]).all()
    alone = sensitivity(answered, ["compliance"], resamples=50).set_index("factor")
    assert alone.loc[SHARES[0], "ST"] == pytest.approx(0.5576, abs=0.03)


def test_morris_gives_slopes_without_spread_also_of_whole_numbers() -> None:
    """A term of 0 to 60 months steps by 40 or 41 of 61 months, but its effect is per range."""
    paths = (*SHARES[:2], "registry.delay", "registry.minor_term")
    slopes = np.array([2.0, -3.0, 0.1, 0.02])
    answered = Answered(design("morris", *paths, trajectories=6, levels=6), lambda x, _: float(slopes @ x))
    found = sensitivity(answered, ["compliance"]).set_index("factor").loc[[*paths]]
    exact = slopes * [1, 1, 60, 254]
    np.testing.assert_allclose(found["mu"], exact, rtol=1e-9)
    np.testing.assert_allclose(found["mu_star"], np.abs(exact), rtol=1e-9)
    np.testing.assert_allclose(found["sigma"], 0, atol=1e-9)
    np.testing.assert_allclose(found["mu_high"] - found["mu_low"], 0, atol=1e-9)


def test_morris_tells_an_interaction_by_its_spread() -> None:
    answered = Answered(design("morris", trajectories=200), lambda x, _: x[0] * x[1] + 0.3 * x[2])
    found = sensitivity(answered, ["compliance"]).set_index("factor").loc[[*SHARES]]
    np.testing.assert_allclose(found["mu_star"], [0.5, 0.5, 0.3], atol=0.06)
    np.testing.assert_allclose(found["sigma"], [np.sqrt(5 / 36), np.sqrt(5 / 36), 0], atol=0.04)


@pytest.mark.parametrize("kind", [{"kind": "latin_hypercube", "samples": 256}, {"kind": "sobol", "power": 8}])
def test_spread_points_are_read_by_pawn(kind: dict[str, Any]) -> None:
    answered = Answered(kind | {"factors": {path: {} for path in SHARES}}, lambda x, _: np.exp(4 * x[1]) + x[0])
    found = sensitivity(answered, ["compliance"], resamples=60)
    assert set(found["method"]) == {"pawn"}
    assert found["factor"].iloc[0] == SHARES[1]
    assert (found["pawn"] > found["threshold"]).tolist() == [True, False, False]


def test_saltelli_may_be_read_by_pawn_too() -> None:
    found = sensitivity(Answered(design("saltelli", power=6), ishigami), ["compliance"], "pawn", resamples=60)
    assert found["factor"].iloc[0] == SHARES[1]
    assert found["pawn"].iloc[0] > found["threshold"].iloc[0]
    assert set(found["blocks"]) == {64}


def test_whole_numbers_are_equally_likely_in_designs_that_spread_points() -> None:
    spread = design("saltelli", "registry.delay", power=9)
    spread["factors"]["registry.delay"] = {"high": 3}
    counts = Answered(spread, lambda x, _: x[0]).points["registry.delay"].value_counts(normalize=True)
    assert sorted(counts.index) == [0, 1, 2, 3]
    np.testing.assert_allclose(counts, 0.25, atol=0.01)


# What is missing or does not vary


def test_a_constant_outcome_has_no_measures_and_says_so() -> None:
    for kind, more in (("saltelli", {"power": 3}), ("morris", {"trajectories": 3}), ("sobol", {"power": 4})):
        found = sensitivity(Answered(design(kind, **more), ishigami, seeds=2))
        flat = found[found["outcome"] == "listed"]
        assert set(flat["reason"]) == {"constant: 7 at every point"}
        assert flat.loc[:, flat.columns.str.endswith(("_low", "_high"))].isna().all(axis=None)
        assert set(found.loc[found["outcome"] == "compliance", "reason"]) == {""}


def test_a_hole_takes_its_block_out_and_the_rest_is_as_if_it_had_never_been() -> None:
    answered = Answered(design("saltelli", power=4), ishigami)
    whole = answered.runs["compliance"].to_numpy().reshape(16, 5)
    answered.fail(12, 1)  # in the third block
    found = sensitivity(answered, ["compliance"], resamples=50).set_index("factor").loc[[*SHARES]]
    rest = sobol_indices(np.delete(whole, 2, axis=0).ravel(), 3, Bootstrap(resamples=50)).factors
    np.testing.assert_array_equal(found["ST"], rest["ST"])
    assert set(found["blocks"]) == {15}
    assert set(found["left_out"]) == {1}
    table = sensitivity(answered, ["compliance"], resamples=50)
    assert table.attrs["notes"] == ["compliance: no value at 1 points (12), so that 1 of 16 blocks are left out"]


def test_a_hole_takes_its_trajectory_out() -> None:
    answered = Answered(design("morris", trajectories=4), lambda x, _: 3 * x[0])
    answered.__dict__["runs"].loc[5, "compliance"] = np.nan  # undefined, not failed
    found = sensitivity(answered)
    assert set(found.loc[found["outcome"] == "compliance", "left_out"]) == {1}
    assert set(found.loc[found["outcome"] == "listed", "left_out"]) == {0}
    assert found.loc[found["factor"] == SHARES[0], "mu"].iloc[0] == pytest.approx(3)


def test_a_run_that_failed_leaves_its_point_the_mean_of_the_others() -> None:
    answered = Answered(design("sobol", power=5), lambda x, seed: x[0] + (99.0 if seed == 3 else 0.0), seeds=3)
    for point in range(32):
        answered.fail(point, 3)
    found = sensitivity(answered, ["compliance"], resamples=20)
    assert set(found["seeds"]) == {2}
    assert set(found["blocks"]) == {32}
    assert found["factor"].iloc[0] == SHARES[0]


def test_where_too_little_is_left_there_is_a_reason() -> None:
    answered = Answered(design("morris", trajectories=2), lambda x, _: x[0])
    answered.fail(0, 1)
    found = sensitivity(answered, ["compliance"])
    assert found["mu"].isna().all()
    assert found["reason"].str.contains("too few").all()


def test_a_sweep_that_is_not_finished_is_refused() -> None:
    answered = Answered(design("morris", trajectories=2), lambda x, _: x[0], seeds=2)
    answered.__dict__["runs"] = answered.runs.iloc[:-1]
    with pytest.raises(
        StoreError, match=r"not finished \(15 runs of 8 points so far\); the same sweep command goes on"
    ):
        sensitivity(answered)


# Noise


def test_noise_is_told_from_factors_and_what_seeds_share_cancels() -> None:
    """f has variance 1, a seed adds to all points with variance 25, and to each by itself with variance 0.5."""
    draws = np.random.Generator(np.random.PCG64(5))
    factors, shared, own = draws.normal(size=2000), 5 * draws.normal(size=200), draws.normal(size=(2000, 200))
    runs = pd.DataFrame(factors[:, None] + shared + np.sqrt(0.5) * own)
    found = noise_of(runs)
    within = shared.var(ddof=1) + 0.5
    assert found.of_run == pytest.approx(within / (within + 1), abs=0.02)
    assert found.of_mean == pytest.approx(0.5 / 200 / (1 + 0.5 / 200), rel=0.1)
    holes = runs.copy()
    holes.iloc[0, 0] = np.nan  # now not all seeds are shared, and their part does not cancel
    assert noise_of(holes).of_mean == pytest.approx(within / 200, rel=0.15)


def test_noise_without_any_is_nothing_and_alone_everything() -> None:
    same = pd.DataFrame(np.repeat(np.arange(5.0)[:, None], 3, axis=1))
    assert tuple(noise_of(same)) == (0, 0)
    luck = pd.DataFrame(np.random.Generator(np.random.PCG64(1)).normal(size=(400, 5)))
    assert noise_of(luck).of_run > 0.9
    assert noise_of(luck).of_mean > 0.8
    assert np.isnan(noise_of(same[[0]]).of_run)


# Refusals


@pytest.mark.parametrize(
    ("made", "asked", "said"),
    [
        (
            design("morris", trajectories=2),
            {"method": "sobol"},
            r"^method: 'sobol' is not possible .*'morris': morris$",
        ),
        (design("sobol", power=2), {"method": "nonsense"}, r"^method: 'nonsense' .*: pawn$"),
        (
            design("sobol", power=2),
            {"outcomes": ["complaince"]},
            "unknown outcome 'complaince'; did you mean 'compliance'",
        ),
        (design("sobol", power=2), {"confidence": 0.0}, r"^confidence: 0\.0"),
        (design("sobol", power=2), {"slices": 1}, "^slices: 1"),
        (
            {"kind": "grid", "factors": {SHARES[0]: [0, 1]}},
            {},
            r"'grid' tells no sensitivity; one of saltelli, morris, latin_hypercube, sobol is needed",
        ),
    ],
)
def test_what_cannot_be_told_is_refused_in_one_line(made: dict[str, Any], asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        sensitivity(Answered(made, lambda x, _: x[0]), **asked)


def test_pairs_need_their_design() -> None:
    with pytest.raises(ScenarioError, match="second_order: true is needed"):
        interactions(Answered(design("saltelli", power=2), ishigami))


# Real runs


@pytest.fixture(scope="module")
def becker(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """Firms that violate where the gain, up to 10, exceeds the expected fine: chance times fine."""
    folder = tmp_path_factory.mktemp("becker")
    (folder / "becker.yaml").write_text(reduction("becker", population__firms=500).to_yaml(), encoding="utf-8")
    study = {
        "scenario": str(folder / "becker.yaml"),
        "base": ["months=1"],
        "design": {
            "kind": "saltelli",
            "power": 4,
            "factors": {"topics.offence.fine": {"high": 8}, "learning.initial": {}},
        },
        "replicates": {"kind": "fixed", "seeds": 2},
        "keep": ["compliance"],
    }
    return sweep(study, folder / "s", workers=1)


def test_indices_of_a_scenario_are_those_of_its_closed_form(becker: Sweep) -> None:
    """Of pF with p = p̄ + u, F = F̄ + v: V = F̄² σ²_p + p̄² σ²_F + σ²_p σ²_F. The bounds of p are the field's own."""
    paths = ["topics.offence.fine", "learning.initial"]
    found = sensitivity(becker).set_index("factor").loc[paths]
    exact = sobol_indices(becker.points[paths].prod(axis=1).to_numpy(), 2, Bootstrap()).factors
    for name in ("S1", "ST"):  # at the same points, so that only the finite number of firms differs
        np.testing.assert_allclose(found[name], exact[name], atol=0.02)
    of_fine, of_chance, both = 64 / 12 * 0.25, 1 / 12 * 16, 64 / 12 / 12
    whole = of_fine + of_chance + both
    for name, values in (("S1", [of_fine, of_chance]), ("ST", [of_fine + both, of_chance + both])):
        assert (
            (found[f"{name}_low"] < np.divide(values, whole)) & (found[f"{name}_high"] > np.divide(values, whole))
        ).all()
    assert becker.points["learning.initial"].between(0, 1).all()
    assert np.ptp(becker.points["learning.initial"]) > 0.9
    assert (found["noise_of_run"] < 0.05).all()


def test_the_folder_of_a_sweep_says_the_same_when_opened_again(becker: Sweep) -> None:
    assert open_sweep(becker.folder).finished
    one, again = (sensitivity(result, resamples=20) for result in (becker, open_sweep(becker.folder)))
    pd.testing.assert_frame_equal(one, again)


def test_a_sweep_of_one_seed_of_a_real_regime_is_screened(tmp_path: Path) -> None:
    study = {
        "base": ["regime=joint_2016", "population.firms=50", "months=8"],
        "design": {
            "kind": "morris",
            "trajectories": 2,
            "factors": {"fines.scale": {"low": 0, "high": 3}, "registry.delay": {"high": 6}, "partners.review": {}},
        },
        "replicates": {"kind": "fixed", "seeds": 2},
        "keep": ["compliance", "regions_with_pilot"],
    }
    found = sensitivity(sweep(study, tmp_path / "s", workers=1)).set_index(["outcome", "factor"])
    assert found.loc[("compliance", "fines.scale"), "mu"] > 0
    assert found.loc[("compliance", "fines.scale"), "mu_star"] > found.loc[("compliance", "registry.delay"), "mu_star"]
    assert set(found.loc["regions_with_pilot", "reason"]) == {"constant: 0 at every point"}
