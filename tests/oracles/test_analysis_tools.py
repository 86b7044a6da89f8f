"""Tools of analysis: against estimators of their own, on scenarios with a closed form, and on bad input."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from creditregime.errors import CreditRegimeError, ScenarioError
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.sensitivity import morris, morris_of, own_bounds, sobol, sobol_of
from creditregime.validation import reduction
from tests.helpers import bare, small

pytest.importorskip("SALib")
UNIT = {"a": (0.0, 1.0), "b": (-1.0, 2.0), "c": (3.0, 4.0)}


def strange(x: Any) -> float:
    """Mix interaction, curvature and a factor that matters only together with another."""
    return float(np.exp(x[0]) * (1 + x[1] ** 2) + x[0] * x[2] * x[1])


def by_pick_and_freeze(samples: int = 400_000) -> tuple[list[float], list[float]]:
    """Return first and total indices by plain Monte Carlo (Jansen 1999), without a designed sequence."""
    draws = np.random.Generator(np.random.PCG64(7))
    low, high = np.array([*UNIT.values()]).T
    one, two = (low + (high - low) * draws.random((samples, 3)) for _ in range(2))

    def all_of(x: Any) -> Any:
        return np.exp(x[:, 0]) * (1 + x[:, 1] ** 2) + x[:, 0] * x[:, 2] * x[:, 1]

    whole = np.concatenate([all_of(one), all_of(two)]).var()
    first, total = [], []
    for number in range(3):
        mixed = one.copy()
        mixed[:, number] = two[:, number]
        first.append(float(1 - ((all_of(two) - all_of(mixed)) ** 2).mean() / (2 * whole)))
        total.append(float(((all_of(one) - all_of(mixed)) ** 2).mean() / (2 * whole)))
    return first, total


def test_indices_agree_with_pick_and_freeze() -> None:
    found = sobol(strange, UNIT, samples=4096)
    first, total = by_pick_and_freeze()
    np.testing.assert_allclose(found["first"], first, atol=0.02)
    np.testing.assert_allclose(found["total"], total, atol=0.02)
    assert ((found["first_low"] < first) & (first < found["first_high"])).all()
    assert ((found["total_low"] < total) & (total < found["total_high"])).all()
    assert found.attrs["calls"] == 4096 * 5


def test_the_same_seed_gives_the_same_table_and_another_one_another() -> None:
    np.random.seed(1)  # noqa: NPY002 - the tool must not look at the global state
    one = sobol(strange, UNIT, 64)
    np.random.seed(2)  # noqa: NPY002
    assert one.equals(sobol(strange, UNIT, 64))
    assert not one.equals(sobol(strange, UNIT, 64, seed=0))
    assert morris(strange, UNIT, 5).equals(morris(strange, UNIT, 5))


def test_what_does_not_vary_has_no_indices() -> None:
    assert sobol(lambda x: 3.0, UNIT, 16).drop(columns="parameter").isna().all(axis=None)
    assert (morris(lambda x: 3.0, UNIT, 4)["strength"] == 0).all()


# Scenarios


def violating(run: RunResult) -> float:
    """Return the share of firms that violate."""
    assert run.model is not None
    return 1 - float(run.model.world.firms.effort.mean())


VARIED = {"topics.offence.fine": (0.0, 8.0), "learning.initial": (0.0, 1.0)}


def test_indices_of_a_scenario_are_those_of_its_closed_form() -> None:
    """Becker: 1 − pF/G with p and F uniform; of pF with p = p̄ + u, F = F̄ + v, V = F̄² σ²_p + p̄² σ²_F + σ²_p σ²_F."""
    spec = reduction("becker", population__firms=500)  # G = 10 at cost 5, and pF < 8
    found = sobol_of(spec, VARIED, violating, samples=128, workers=1)
    fine, chance = (np.array([low, high]) for low, high in VARIED.values())
    of_fine, of_chance = (
        np.ptp(pair) ** 2 / 12 * other.mean() ** 2 for pair, other in ((fine, chance), (chance, fine))
    )
    both = np.ptp(fine) ** 2 / 12 * np.ptp(chance) ** 2 / 12
    whole = of_fine + of_chance + both
    np.testing.assert_allclose(found["first"], [of_fine / whole, of_chance / whole], atol=0.06)
    np.testing.assert_allclose(found["total"], [(of_fine + both) / whole, (of_chance + both) / whole], atol=0.06)
    assert found["parameter"].tolist() == [*VARIED]


def test_results_do_not_depend_on_workers_and_seeds_are_shared() -> None:
    spec = small("fines_only", months=6)
    varied = {"behaviour.adjustment": None, "topics.tax.fine": (0.0, 2.0)}
    one, two = (sobol_of(spec, varied, "compliance", 4, 2, workers=number) for number in (1, 2))
    assert one.equals(two)
    ticks: list[int] = []
    screened = morris_of(spec, varied, "compliance", 3, workers=1, done=lambda: ticks.append(1))
    assert len(ticks) == screened.attrs["calls"] == 3 * 3
    assert screened.set_index("parameter").loc["topics.tax.fine", "effect"] > 0


def test_whole_numbers_stay_whole_and_bounds_come_from_the_parameter() -> None:
    spec = bare(1, registry={"kind": "database"}, lists={"l": {"initial": 0.1}})
    assert own_bounds(spec, "lists.l.initial") == (0, 1)
    assert own_bounds(spec, "lists.l.max_months") == (1, 1200)
    found = sobol_of(spec, {"lists.l.max_months": (13, 20), "lists.l.initial": None}, "listed", 4, workers=1)
    assert found["first"].notna().all()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("topics.a.fine", r"^topics\.a\.fine: has no bounds of its own on both sides; give them"),
        ("topics.a.fien", r"^topics\.a\.fien: the scenario has no parameter 'fien' there"),
        ("behaviour.kind", r"^behaviour\.kind: not one number"),
        ("topics", r"^topics: not one number"),
        ("lists.x.initial", r"no parameter 'x' there"),
        ("topics.a.illegal", r"^topics\.a\.illegal: not one number"),
    ],
)
def test_paths_that_cannot_be_varied_are_named(path: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        sobol_of(bare(1), [path], "compliance")


BAD: list[tuple[dict[str, Any], str]] = [
    ({"bounds": {}}, "bounds: no parameters"),
    ({"bounds": {"a": (1.0, 1.0)}}, r"a: bounds \(1\.0, 1\.0\) are not allowed"),
    ({"bounds": {"a": (0.0, float("inf"))}}, "a: bounds"),
    ({"samples": 100}, "samples: 100 is not allowed: a power of 2 is needed"),
    ({"samples": 0}, "samples: 0 is not allowed"),
    ({"seed": -1}, "seed: -1 is not allowed"),
    ({"confidence": 1.0}, "confidence: 1.0 is not allowed"),
    ({"function": lambda x: float("nan")}, "the outcome is nan at a point of the design"),
]


@pytest.mark.parametrize(("changes", "said"), BAD)
def test_bad_designs_are_refused_in_one_line(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(CreditRegimeError, match=said):
        sobol(**({"function": strange, "bounds": UNIT, "samples": 16} | changes))


def test_bad_screenings_and_outcomes_are_refused_in_one_line() -> None:
    for changes, said in (
        ({"trajectories": 1}, "trajectories: 1"),
        ({"levels": 3}, "levels: 3 is not allowed: an even"),
    ):
        with pytest.raises(CreditRegimeError, match=said):
            morris(strange, UNIT, **changes)  # type: ignore[arg-type]
    with pytest.raises(ScenarioError, match=r"^outcome: unknown name 'complaince'; allowed: compliance"):
        sobol_of(bare(1), {"topics.a.fine": (0, 1)}, "complaince")
    with pytest.raises(ScenarioError, match=r"^seeds: 0 is not allowed"):
        sobol_of(bare(1), {"topics.a.fine": (0, 1)}, "compliance", seeds=0)
    with pytest.raises(
        ScenarioError, match=r"^at topics\.a\.fine=-\d.*: topics\.a\.fine: .* greater than or equal to 0"
    ):
        sobol_of(bare(1), {"topics.a.fine": (-2.0, -1.0)}, "compliance", 2, workers=1)


def test_without_salib_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("SALib")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "SALib", None)
    for call in (sobol, morris):
        with pytest.raises(
            CreditRegimeError, match=r"SALib is not installed; .*pip install 'creditregime\[sensitivity\]'"
        ):
            call(strange, UNIT, 16)  # type: ignore[operator]
