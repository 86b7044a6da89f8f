"""Measure the speed of sweeps, print a table, and write it into docs/performance.md.

``python -m benchmarks.sweeps [--quick] [--runs N] [--firms N] [--months M] [--blocks B] [--no-write]``

Both sides of a ratio are measured by the clock, as several processes work on one of them: a sweep between two slices of
what it is compared with, several times. Other work on the machine disturbs that, so the page tells its load. The ratio
of processor time stands beside it: what two processors would give that do nothing else.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from statistics import mean, median

from benchmarks import timing
from benchmarks.agreement import REDUCED
from benchmarks.peer_batch import run_batch
from benchmarks.resume import resume_rows
from benchmarks.run import Row, machine, say, table, write
from benchmarks.timing import POINTS, Size, Taken, alone, measured, swept
from creditregime import CreditRegime, Study
from creditregime.laboratory.outcomes import summarise
from creditregime.laboratory.sweeps.plan import Plan

BEGIN, END = "<!-- sweeps:begin -->", "<!-- sweeps:end -->"
SIDE_BY_SIDE, ALONE, PEER, OVERHEAD = 10.0, 1.8, 100.0, 0.1
"""Targets: ratios of speed, and the overhead of a run as a share of a run month by month."""


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
    what = f"{size.runs:,} runs of {size.firms} firms × {size.months} months on {timing.WORKERS} workers"
    rows = [
        faster_row(f"Sweep of {what}, over a plain loop", together, SIDE_BY_SIDE, timing.WORKERS),
        faster_row("... without runs side by side", apart, ALONE, timing.WORKERS),
    ]
    return rows, median(other.clock for _, other in (*together, *apart))


def peer_rows(size: Size, blocks: int) -> list[Row]:
    """Return the rows of a sweep against `mesa.batch_run` of the peer, both by the reduced rules."""
    study = size.study(scenario=str(REDUCED))
    what = "... by the reduced rules, over mesa.batch_run of the peer"
    say("a sweep of the reduced rules, and the peer in mesa.batch_run")
    one = in_turns(lambda: swept(study), lambda: batched_peer(size, 1), blocks)
    say("the same, mesa.batch_run with as many processes as the sweep")
    several = in_turns(lambda: swept(study), lambda: batched_peer(size, timing.WORKERS), 1)
    return [
        faster_row(f"{what} (2 runs a slice)", one, PEER, timing.WORKERS),
        faster_row(f"{what} with {timing.WORKERS} processes, their start left out", several, None, 1),
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
