"""Measure our month against that of two peers of the reduced rules that are not written an object a firm.

``python -m benchmarks.others [--quick] [--firms N ...] [--blocks N] [--no-write]`` prints the table, and writes it into
docs/performance.md.

One is vectorised in NumPy, in the way of Starsim; the other is on Polars frames, in the way of mesa-frames. All three
run in one process, month by month in turns. NumPy works in one thread, so that the first is judged by processor time,
for which other work on the machine does not count. Polars works in as many threads as there are processors, so that the
second is judged by the clock: what its user waits for.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

import polars as pl

from benchmarks.agreement import reduced
from benchmarks.peer_frames import FramesPeer
from benchmarks.peer_vectorised import VectorisedPeer
from benchmarks.run import Row, machine, say, table, write
from benchmarks.timing import Taken, measured
from creditregime import CreditRegime

BEGIN, END = "<!-- others:begin -->", "<!-- others:end -->"
JUDGED_FROM = 10_000
"""Firms from which on targets hold: below, each side's month is mostly the calls, not the work."""
MONTHS = 4
"""Months of a block."""


class Other(NamedTuple):
    """A peer: what it is called, how it is made, how many times faster ours shall be, and by what that is judged."""

    what: str
    make: Callable[..., VectorisedPeer | FramesPeer]
    target: float
    by_clock: bool


OTHERS = (
    Other("Vectorised peer's (float64, Starsim's way)", VectorisedPeer, 2.0, by_clock=False),
    Other("Data-frame peer's (Polars, mesa-frames' way)", FramesPeer, 5.0, by_clock=True),
)


def other_rows(firms: Sequence[int], blocks: int) -> list[Row]:
    """Return a row for each size and peer."""
    rows = []
    for number in firms:
        say(f"model and vectorised peers, {number:,} firms")
        ratios = against_others(number, blocks)
        rows += [other_row(other, number, ratios[other.what]) for other in OTHERS]
    return rows


def against_others(firms: int, blocks: int, months: int = MONTHS) -> dict[str, list[Taken]]:
    """Return, for each peer and block of months, the ratio of its time to the model's: by the clock, of processors."""
    scenario = reduced(firms, months=10_000)
    economy = scenario.population.build(scenario.seed)
    ours = CreditRegime(scenario, economy=economy)
    peers = {other.what: other.make(scenario, economy) for other in OTHERS}
    ratios: dict[str, list[Taken]] = {what: [] for what in peers}
    for block in range(blocks + 1):
        own, taken = [], {what: [] for what in peers}
        for _ in range(months):
            own.append(measured(ours.step, 1))
            for what, peer in peers.items():
                taken[what].append(measured(peer.step, 1))
        if block:  # the first block warms all up
            for what, times in taken.items():
                ratios[what].append(ratio(times, own))
    return ratios


def ratio(peer: Sequence[Taken], ours: Sequence[Taken]) -> Taken:
    """Return how many times as long the peer's months took as ours."""
    clock = sum(one.clock for one in peer) / sum(one.clock for one in ours)
    return Taken(clock, sum(one.processor for one in peer) / sum(one.processor for one in ours))


def other_row(other: Other, firms: int, ratios: Sequence[Taken]) -> Row:
    """Return the row of a comparison."""
    clock, processor = [one.clock for one in ratios], [one.processor for one in ratios]
    counted, beside = (clock, processor) if other.by_clock else (processor, clock)
    means = "processor time" if other.by_clock else "the clock"
    spread = f"min {min(counted):.1f}, max {max(counted):.1f}, {len(ratios)} blocks"
    obtained = f"{median(counted):.1f}× ({spread}; by {means} {median(beside):.1f})"
    what = f"{other.what} time over ours, {firms:,} firms, reduced rules"
    if firms < JUDGED_FROM:
        return Row(what, obtained, "", None)
    return Row(what, obtained, f"at least {other.target:.0f}×", median(counted) >= other.target)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small: shows that everything runs")
    parser.add_argument("--firms", type=int, nargs="+", default=[10_000, 100_000], help="sizes")
    parser.add_argument("--blocks", type=int, default=7, help="repetitions")
    parser.add_argument("--no-write", action="store_true", help="print only")
    options = parser.parse_args(arguments)
    firms, blocks = ([1_000], 2) if options.quick else (options.firms, options.blocks)
    on = f"Measured on {machine()}, polars {pl.__version__} in {pl.thread_pool_size()} threads."
    text = f"{on}\n\n{table(other_rows(firms, blocks))}"
    print(text)
    if not (options.quick or options.no_write):
        write(text, begin=BEGIN, end=END)


if __name__ == "__main__":
    main()
