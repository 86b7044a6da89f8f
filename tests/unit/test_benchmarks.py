"""The plain-Mesa peer follows the same rules as the model, and the memory floor counts what a month streams."""

from __future__ import annotations

import numpy as np
import pytest

import creditregime
from benchmarks import profile, resume, scale, sweeps, timing
from benchmarks.agreement import NAMES, agreement, compare, our_means, peer_means, reduced
from benchmarks.floor import FEW_ROWS, floor_bytes, network_arrays, streamed
from benchmarks.peer import PlainMesa, Regulator
from benchmarks.run import Row, table
from creditregime import CreditRegime
from creditregime.laboratory.outcomes import summarise
from creditregime.model import STAGES
from creditregime.state import Firms

FIRMS, MONTHS, SEEDS = 200, 12, range(1, 17)
MOST_ERRORS = 4.0  # seeds are fixed, so a pass stays a pass; |t(15)| beyond 4 has probability 0.0012


@pytest.fixture(scope="module")
def peer_runs() -> list[np.ndarray]:
    scenario = reduced(FIRMS)
    economy = scenario.population.build(scenario.seed)
    return [peer_means(scenario, economy, MONTHS, seed) for seed in SEEDS]


def ours(**changes: object) -> list[np.ndarray]:
    scenario = reduced(FIRMS, **changes)
    economy = scenario.population.build(scenario.seed)
    return [our_means(scenario, economy, MONTHS, seed) for seed in SEEDS]


def test_model_and_peer_agree_within_monte_carlo_error(peer_runs):
    found = compare(ours(), peer_runs)
    apart = {name: item for name, item in found.items() if item.errors_apart > MOST_ERRORS}
    assert not apart


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"monitoring.share": 0.1}, "detections"),
        ({"behaviour.adjustment": 0.1}, "compliance"),
        ({"exit.background": 0.12}, "exits"),
    ],
)
def test_a_different_rule_would_be_seen(peer_runs, changes, name):
    assert compare(ours(**changes), peer_runs)[name].errors_apart > MOST_ERRORS


def test_agreement_runs_both_sides():
    assert set(agreement(60, 2, (1, 2))) == set(NAMES)


def test_the_peer_conserves_money_and_is_plain_mesa():
    model = PlainMesa(reduced(80))
    assert len(model.agents_by_type[Regulator]) == 8
    assert len(model.agents) == 88
    for _ in range(6):
        before = sum(firm.equity + firm.debt for firm in model.firms)
        model.step()
        received = sum(amount for (payer, _), amount in model.ledger.items() if payer != "firms")
        paid = sum(amount for (_, payee), amount in model.ledger.items() if payee != "firms")
        after = sum(firm.equity + firm.debt for firm in model.firms)
        assert after - before == pytest.approx(received - paid, abs=1e-6)
    assert len(model.datacollector.get_model_vars_dataframe()) == 6


def test_the_floor_counts_declared_arrays_only():
    world = CreditRegime(reduced(60)).world
    names = {item.name for item in streamed(world)}
    assert {"firms.effort", "firms.live", "network.weight", "network.supplier", "network.pointer"} <= names
    assert {name.partition(".")[2] for name in names}.isdisjoint(FEW_ROWS)
    known = {*Firms.dictionary(), *network_arrays(world.network)}
    assert known >= FEW_ROWS
    assert 0 < floor_bytes(world) < world.firms.nbytes + world.network.nbytes


def test_columns_left_out_of_the_floor_change_at_few_rows():
    model = CreditRegime(reduced(2000))
    model.step()
    tables = {**vars(model.world.firms), **network_arrays(model.world.network)}
    before = {name: tables[name].copy() for name in FEW_ROWS}
    model.step()
    for name, old in before.items():
        assert (tables[name] != old).mean() < 0.05, name


def test_every_measurement_of_sweeps_runs(monkeypatch):
    monkeypatch.setattr(timing, "WORKERS", 1)
    size = sweeps.Size(runs=20, firms=20, months=2, slice=2, finished=400)
    rows = sweeps.measure(size, blocks=1)
    assert len(rows) == 8
    assert all(row.good is None for row in rows)  # too small to be judged
    assert rows[0].what == "Sweep of 20 runs of 20 firms × 2 months on 1 workers, over a plain loop"


def test_a_sweep_is_compared_with_the_mean_of_both_slices_around_it():
    slices = iter([sweeps.Taken(1.0, 1.0), sweeps.Taken(3.0, 2.0), sweeps.Taken(5.0, 4.0)])
    pairs = sweeps.in_turns(lambda: sweeps.Taken(0.5, 0.5), lambda: next(slices), 2)
    assert [other for _, other in pairs] == [sweeps.Taken(2.0, 1.5), sweeps.Taken(4.0, 3.0)]
    row = sweeps.faster_row("x", pairs, 7.0, processors=2)
    assert row.good is False
    assert row.obtained.startswith("6.00× (min 4.00, max 8.00, 2 blocks; by processor time 9.00)")
    assert sweeps.faster_row("x", pairs, 6.0, processors=2).good is True


def test_the_plain_loop_runs_what_the_sweep_runs(tmp_path):
    size = sweeps.Size(runs=20, firms=20, months=2, slice=20, finished=400)
    loop = sweeps.Loop(size.study(), 20)
    runs = creditregime.sweep(size.study(), tmp_path / "s", workers=1).runs
    for number in (0, 13):
        model = CreditRegime(loop.scenarios[number % 10], seed=1 + number // 10).run_model()
        row = runs.query(f"point == {number % 10} and seed == {1 + number // 10}").iloc[0]
        assert row["compliance"] == summarise(model.series.monthly())["compliance"]


def test_finished_runs_are_those_of_a_sweep(tmp_path):
    study = resume.many(sweeps.Size(runs=20, firms=20, months=2, slice=2, finished=400))
    folder = resume.finished(study, tmp_path / "s").folder
    assert len(creditregime.sweep(study, folder, workers=1).runs) == 400
    next((folder / "runs").iterdir()).unlink()
    resume.until_stopped(study, folder, resume.Engine(resume.Stopping, 1))
    next((folder / "runs").iterdir())


def test_national_scale_is_measured_and_judged():
    done = scale.run(1_000, scale.FIRST + 2)
    assert done.firms == 1_000
    assert len(done.months) == len(done.processor) == scale.FIRST + 2
    assert 0 < done.state < done.peak
    dear = done._replace(firms=2_000, processor=[10 * taken for taken in done.processor])
    assert scale.linear_rows([done, done])[-1].good is True
    assert scale.linear_rows([done, dear])[-1].good is False
    assert scale.whole_rows(done._replace(swapped=3), judged=True)[0].good is False
    assert scale.largest_rows(done, scale.memory_bytes())[-1].good is False  # the interpreter, fifty thousand times


def test_stages_are_timed_and_add_up_to_the_month():
    model = CreditRegime(reduced(60))
    taken = profile.stage_seconds(model, 2)
    assert [*taken] == [*STAGES, "measure"]
    assert min(taken.values()) > 0
    assert model.world.month == 2


def test_table_shows_verdicts():
    text = table(
        [Row("speed", "70", "at least 60", True), Row("size", "9", "at most 8", False), Row("x", "1", "", None)]
    )
    assert "| speed | 70 | at least 60 | pass |" in text
    assert "| size | 9 | at most 8 | **fail** |" in text
    assert "| x | 1 |  | - |" in text
