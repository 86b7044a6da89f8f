"""Measure the speed of sweeps, print a table, and write it into docs/performance.md.

``python -m benchmarks.sweeps [--quick] [--runs N] [--firms N] [--months M] [--blocks B] [--no-write]``

Both sides of a ratio are measured by the clock, as several processes work on one of them: a sweep between two slices of
what it is compared with, several times. Other work on the machine disturbs that, so the page tells its load. The ratio
of processor time stands beside it: what two processors would give that do nothing else.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from statistics import mean, median
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from benchmarks.agreement import REDUCED
from benchmarks.peer_batch import run_batch
from benchmarks.run import Row, machine, say, table, write
from creditregime import CreditRegime, Study, sweep
from creditregime.laboratory.outcomes import summarise
from creditregime.laboratory.sweeps import plan
from creditregime.laboratory.sweeps.dataset import Dataset
from creditregime.laboratory.sweeps.engine import Engine
from creditregime.laboratory.sweeps.plan import Plan, layout_of
from creditregime.laboratory.sweeps.tables import columns
from creditregime.laboratory.sweeps.units import simulated

BEGIN, END = "<!-- sweeps:begin -->", "<!-- sweeps:end -->"
SIDE_BY_SIDE, ALONE, PEER, OVERHEAD = 10.0, 1.8, 100.0, 0.1
"""Targets: ratios of speed, and the overhead of a run as a share of a run month by month."""
WORKERS = 2
POINTS = 10


class Taken(NamedTuple):
    """Seconds a run: by the clock, and of processor time in all processes."""

    clock: float
    processor: float


class Size(NamedTuple):
    """How much is run."""

    runs: int
    firms: int
    months: int
    slice: int
    finished: int

    @property
    def full(self) -> bool:
        """Whether the targets, which hold for this size and larger ones, are judged."""
        return self.runs >= 1000 and self.firms >= 500 and self.months >= 120 and self.finished >= 100_000

    def study(self, months: int | None = None, scenario: str | None = None) -> Study:
        """Return the study of so many runs: ten strengths of spillover, the same seeds at each."""
        base = [] if scenario else ["regime=joint_2016"]
        strengths = np.linspace(0, 0.45, POINTS).round(2).tolist()
        return Study.parse(
            {
                "base": [*base, f"population.firms={self.firms}", f"months={months or self.months}"],
                "scenario": scenario,
                "design": {"kind": "grid", "factors": {"spillover.partner.strength": strengths}},
                "replicates": {"kind": "fixed", "seeds": max(1, self.runs // POINTS)},
            }
        )


def measured(action: Callable[[], object], runs: int) -> Taken:
    """Return what an action takes a run, the processes that it started included."""
    clock, processor = time.perf_counter(), _processor()
    action()
    clock = time.perf_counter() - clock
    for child in multiprocessing.active_children():  # only what has ended is counted
        child.join()
    return Taken(clock / runs, (_processor() - processor) / runs)


def _processor() -> float:
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in parts)


def swept(study: Study) -> Taken:
    """Return what a run takes in a sweep with two workers: their start and all files included."""
    seeds = getattr(study.replicates, "seeds", 0)
    with tempfile.TemporaryDirectory() as folder:
        return measured(lambda: sweep(study, Path(folder) / "sweep", workers=WORKERS), POINTS * seeds)


def alone(study: Study) -> Taken:
    """Return the same with every run in a world of its own."""
    usual = plan.MOST_AT_ONCE
    plan.MOST_AT_ONCE = 1
    try:
        return swept(study)
    finally:
        plan.MOST_AT_ONCE = usual


class Loop:
    """The same runs one after the other in this process, some at a time."""

    def __init__(self, study: Study, runs: int) -> None:
        self.scenarios, self.runs, self.next = [*Plan(study).scenarios()], runs, 0

    def __call__(self) -> Taken:
        """Return what a run takes, month by month."""
        return measured(self._run, self.runs)

    def _run(self) -> None:
        for number in range(self.next, self.next + self.runs):
            scenario = self.scenarios[number % POINTS]
            summarise(CreditRegime(scenario, seed=1 + number // POINTS).run_model().series.monthly())
        self.next += self.runs


def in_turns(one: Callable[[], Taken], other: Callable[[], Taken], blocks: int) -> list[tuple[Taken, Taken]]:
    """Return pairs of measurements: each of the one, and the mean of the other before and after it."""
    pairs, before = [], other()
    for _ in range(blocks):
        taken, after = one(), other()
        pairs.append((taken, Taken(*map(mean, zip(before, after, strict=True)))))
        before = after
    return pairs


def faster_row(what: str, pairs: Sequence[tuple[Taken, Taken]], least: float | None, processors: int) -> Row:
    """Return the row of a ratio of speed."""
    ratios = [other.clock / taken.clock for taken, other in pairs]
    used = median(processors * other.processor / taken.processor for taken, other in pairs)
    spread = f"min {min(ratios):.2f}, max {max(ratios):.2f}, {len(ratios)} blocks; by processor time {used:.2f}"
    obtained = f"{median(ratios):.2f}× ({spread})"
    if least is None:
        return Row(what, obtained, "", None)
    return Row(what, obtained, f"at least {least:g}×", median(ratios) >= least)


def speed_rows(size: Size, blocks: int) -> tuple[list[Row], float]:
    """Return the rows of a sweep against a plain loop, and the seconds of a run in that."""
    study = size.study()
    loop = Loop(study, size.slice)
    loop()  # warm
    say("a sweep side by side, and the plain loop")
    together = in_turns(lambda: swept(study), loop, blocks)
    say("a sweep of runs alone, and the plain loop")
    apart = in_turns(lambda: alone(study), loop, max(1, blocks - 1))
    what = f"{size.runs:,} runs of {size.firms} firms × {size.months} months on {WORKERS} workers"
    rows = [
        faster_row(f"Sweep of {what}, over a plain loop", together, SIDE_BY_SIDE, WORKERS),
        faster_row("... without runs side by side", apart, ALONE, WORKERS),
    ]
    return rows, median(other.clock for _, other in (*together, *apart))


def peer_rows(size: Size, blocks: int) -> list[Row]:
    """Return the rows of a sweep against `mesa.batch_run` of the peer, both by the reduced rules."""
    study = size.study(scenario=str(REDUCED))
    what = "... by the reduced rules, over mesa.batch_run of the peer"
    say("a sweep of the reduced rules, and the peer in mesa.batch_run")
    one = in_turns(lambda: swept(study), lambda: batched_peer(size, 1), blocks)
    say("the same, mesa.batch_run with as many processes as the sweep")
    several = in_turns(lambda: swept(study), lambda: batched_peer(size, WORKERS), 1)
    return [
        faster_row(f"{what} (2 runs a slice)", one, PEER, WORKERS),
        faster_row(f"{what} with {WORKERS} processes, their start left out", several, None, 1),
    ]


def batched_peer(size: Size, processes: int) -> Taken:
    """Return what a run of the peer takes in `mesa.batch_run`, without the start of processes (long for few runs)."""
    starts = [*range(1, 1 + 2 * processes)]
    whole = measured(lambda: run_batch(size.firms, size.months, starts, processes), len(starts))
    if processes == 1:
        return whole
    start = measured(lambda: run_batch(40, 1, starts, processes), len(starts))
    return Taken(whole.clock - start.clock, whole.processor - start.processor)


def overhead_rows(size: Size, run: float) -> list[Row]:
    """Return the rows of what a run costs in a sweep besides its simulation: sweeps of one month, all counted."""
    rows = []
    for how, taken in (("side by side", swept(size.study(months=1))), ("alone", alone(size.study(months=1)))):
        share = taken.clock / run
        obtained = f"{1000 * taken.clock:.1f} ms, {share:.1%} of a run month by month ({1000 * run:.0f} ms)"
        rows.append(Row(f"Overhead a run, {how}", obtained, f"at most {OVERHEAD:.0%}", share <= OVERHEAD))
    return rows


class StopError(Exception):
    """The first unit was handed over."""


class Stopping(Executor):
    """Ends the sweep at the first unit."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Say that a unit is asked for."""
        raise StopError


def finished(study: Study, folder: Path) -> Dataset:
    """Write the folder of a study as if all of it had been run: random numbers, in files as a sweep makes them."""
    work = Plan(study)
    dataset = Dataset.create(folder, work, layout_of(study, 500, len(work.points)))
    draws = np.random.default_rng(1)
    names = [*columns(study.kept, "runs")][2:]
    for part in dataset.layout.parts(study):
        seeds = np.arange(part.first, part.last) + study.first_seed
        keys = {"point": np.repeat(part.points, len(seeds)), "seed": np.tile(seeds, len(part.points))}
        values = {name: draws.random(len(keys["point"])) for name in names}
        dataset.seal(part.name, {"runs": pd.DataFrame(keys | values), "failures": pd.DataFrame()})
    return dataset


def resume_rows(size: Size) -> list[Row]:
    """Return the rows of how long a sweep takes to see what is left, against a unit of runs."""
    say(f"resuming {size.finished:,} runs")
    study = _many(size)
    with tempfile.TemporaryDirectory() as place:
        dataset = finished(study, Path(place) / "sweep")
        batch = _unit(dataset.scenario_texts([0])[0], study, dataset.layout.block)
        nothing = median(measured(lambda: sweep(study, dataset.folder, workers=WORKERS), 1).clock for _ in range(3))
        next((dataset.folder / "runs").iterdir()).unlink()
        engine = Engine(Stopping, WORKERS)
        some = median(measured(lambda: _until_stopped(study, dataset.folder, engine), 1).clock for _ in range(3))
    target = f"less than a unit of {dataset.layout.block} runs, {batch:.1f} s"
    what = f"Seeing that {size.finished:,} runs are finished"
    return [
        Row(what, f"{nothing:.2f} s", target, nothing < batch),
        Row("... or that one file of them is missing", f"{some:.2f} s", target, some < batch),
    ]


def _many(size: Size) -> Study:
    data = size.study().model_dump(mode="json")
    factors = {"spillover.partner.strength": {"low": 0, "high": 0.5}, "fines.scale": {"low": 0.5, "high": 2}}
    points = size.finished // 100
    data["design"] = {"kind": "latin_hypercube", "samples": points, "factors": factors}
    return Study.parse(data | {"replicates": {"kind": "fixed", "seeds": 100}})


def _unit(text: str, study: Study, block: int) -> float:
    return measured(lambda: simulated(study.kept, 0, text, range(1, block + 1)), 1).clock


def _until_stopped(study: Study, folder: Path, engine: Engine) -> None:
    try:
        sweep(study, folder, engine=engine)
    except StopError:
        return
    raise SystemExit("the sweep asked for nothing")


def measure(size: Size, blocks: int) -> list[Row]:
    """Run everything, saying what runs."""
    rows, run = speed_rows(size, blocks)
    rows += peer_rows(size, blocks)
    say("sweeps of one month")
    rows += overhead_rows(size, run) + resume_rows(size)
    return rows if size.full else [row._replace(target="", good=None) for row in rows]


def load() -> str:
    """Return the load of the machine, where it can be told."""
    return " ".join(f"{value:.1f}" for value in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, nothing written: shows that everything runs")
    parser.add_argument("--runs", type=int, default=1000, help="runs of a sweep")
    parser.add_argument("--firms", type=int, default=500, help="firms of a run")
    parser.add_argument("--months", type=int, default=120, help="months of a run")
    parser.add_argument("--slice", type=int, default=16, help="runs of the plain loop before and after a sweep")
    parser.add_argument("--finished", type=int, default=100_000, help="finished runs of the sweep that is resumed")
    parser.add_argument("--blocks", type=int, default=3, help="repetitions")
    parser.add_argument("--no-write", action="store_true", help="print only")
    options = parser.parse_args(arguments)
    if options.quick:
        options.runs, options.firms, options.months, options.slice = 40, 60, 12, 4
        options.finished, options.blocks, options.no_write = 2000, 1, True
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the page."""
    options = parsed(arguments)
    size = Size(options.runs, options.firms, options.months, options.slice, options.finished)
    before = load()
    rows = measure(size, options.blocks)
    text = f"Measured on {machine()}. Load average before: {before}; after: {load()}.\n\n" + table(rows)
    print(text)
    if not options.no_write:
        write(text, begin=BEGIN, end=END)


if __name__ == "__main__":
    main()
