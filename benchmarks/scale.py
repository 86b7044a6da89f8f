"""National scale: cost and memory from ten thousand to tens of millions of firms, written into docs/performance.md.

``python -m benchmarks.scale [--quick] [--months M] [--largest N] [--no-write]``

Every size has a fresh process. The run of ten million firms is whole: built, and simulated for ten years. Events of
violations are not logged at these sizes (half of the log, which grows with every month); all rules are as in the
preset. Costs a firm are processor time, so that other work on the machine does not count; minutes are by the clock.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.run import LARGE, Row, answer, machine, peak_bytes, python, say, surroundings, table, write
from creditregime import CreditRegime, load

BEGIN, END = "<!-- scale:begin -->", "<!-- scale:end -->"
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
WHOLE, MONTHS = 10_000_000, 120
NATION = 50_000_000
FIRST, MEASURED = 3, 6
"""Months before the measured ones, and those: no yearly table falls among them."""
LINEAR = 1.5


class Run(NamedTuple):
    """What a run was and took: seconds by the clock, and of processor time a month; bytes."""

    firms: int
    links: int
    build: float
    months: list[float]
    processor: list[float]
    state: int
    peak: int
    swapped: int

    @property
    def a_firm(self) -> float:
        """Seconds of processor time of a month a firm, the median of some months."""
        return median(self.processor[FIRST : FIRST + MEASURED]) / self.firms


def run(firms: int, months: int, suppliers: float = 8.5) -> Run:
    """Build an economy in a fresh process and simulate it for some months."""
    code = f"from benchmarks.scale import work; work({firms}, {months}, {suppliers})"
    before = swapped_pages()
    with subprocess.Popen(
        python(code), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=surroundings()
    ) as child:
        facts = answer(child)
        taken = []
        for month in range(months):
            taken.append(answer(child, "month\n"))
            if not month % 12:
                say(f"  {firms:,} firms, month {month + 1}: {taken[-1][0]:.1f} s")
        facts |= answer(child, "end\n")
    months_taken, processor = (list(column) for column in zip(*taken, strict=True))
    return Run(months=months_taken, processor=processor, swapped=swapped_pages() - before, **facts)


def work(firms: int, months: int, suppliers: float) -> None:
    """Build and simulate, one month for each line read, and tell what each took (see `run`)."""
    changes = {"population.firms": firms, "population.mean_suppliers": suppliers, "months": months}
    scenario = load(**LARGE | changes | {"violations.log": False})
    begin = time.perf_counter()
    model = CreditRegime(scenario)
    world = model.world
    print(
        json.dumps({"firms": world.rows, "links": len(world.network.supplier), "build": time.perf_counter() - begin}),
        flush=True,
    )
    for _ in range(months):
        sys.stdin.readline()
        begin, used = time.perf_counter(), time.process_time()
        model.step()
        print(json.dumps([time.perf_counter() - begin, time.process_time() - used]), flush=True)
    sys.stdin.readline()
    state = world.firms.nbytes + world.network.nbytes + world.records.nbytes + world.events.nbytes
    print(json.dumps({"peak": peak_bytes(), "state": state}), flush=True)


def swapped_pages() -> int:
    """Return how many pages the machine has swapped out since it started, or 0 where it does not tell."""
    counters = Path("/proc/vmstat")
    if not counters.exists():
        return 0
    found = [line.split()[1] for line in counters.read_text().splitlines() if line.startswith("pswpout ")]
    return int(found[0]) if found else 0


def linear_rows(runs: Sequence[Run]) -> list[Row]:
    """Return the cost a firm and month at each size, and how far the largest is from linear."""
    rows = [
        Row(f"A month, {each.firms:,} firms", f"{1e9 * each.a_firm:.0f} ns a firm ({_seconds(each)})", "", None)
        for each in runs
    ]
    ratio = runs[-1].a_firm / runs[0].a_firm
    what = f"Cost a firm at {runs[-1].firms:,} over that at {runs[0].firms:,}"
    return [*rows, Row(what, f"{ratio:.2f}×", f"at most {LINEAR:g}×", ratio <= LINEAR)]


def _seconds(each: Run) -> str:
    return f"{each.a_firm * each.firms:.3g} s"


def whole_rows(done: Run, *, judged: bool) -> list[Row]:
    """Return the rows of the run of ten years."""
    what = f"{done.firms:,} firms, {done.links:,} links, {len(done.months)} months: built and run"
    time_taken = f"{done.build / 60:.1f} and {sum(done.months) / 60:.1f} minutes"
    good = not done.swapped if judged else None
    return [
        Row(what, time_taken, "runs whole, without swapping" if judged else "", good),
        Row("... pages swapped out meanwhile", str(done.swapped), "", None),
        Row("... peak memory", _memory(done), "", None),
    ]


def _memory(done: Run) -> str:
    return f"{done.peak / 1e9:.1f} GB, {done.peak / done.firms:.0f} bytes a firm; state and logs {done.state / 1e9:.1f}"


def largest_rows(done: Run, memory: int) -> list[Row]:
    """Return the rows of the largest economy run for a year, and the arithmetic for the nation's firms."""
    need = done.peak / done.firms * NATION
    links = done.links / done.firms
    text = f"{need / 1e9:.0f} GB at {done.peak / done.firms:.0f} bytes a firm with {links:.1f} links"
    return [
        Row(
            f"{done.firms:,} firms, {links:.1f} links each, {len(done.months)} months",
            f"{(done.build + sum(done.months)) / 60:.1f} minutes; {_memory(done)}",
            "",
            None,
        ),
        Row(f"{NATION:,} firms would need", text, f"{memory / 1e9:.0f} GB of this machine", need <= memory),
    ]


def memory_bytes() -> int:
    """Return the memory of the machine."""
    line = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()[0]
    return int(line.split()[1]) * 1024


def measure(options: argparse.Namespace) -> Iterator[list[Row]]:
    """Run everything, saying what runs; yield all rows so far whenever there are more, as the runs take long."""
    runs = []
    for firms in options.sizes[:-1]:
        say(f"{firms:,} firms")
        runs.append(run(firms, FIRST + MEASURED))
    say(f"{options.sizes[-1]:,} firms, {options.months} months")
    whole = run(options.sizes[-1], options.months)
    judged = whole.firms >= WHOLE and len(whole.months) >= MONTHS
    rows = [*linear_rows([*runs, whole]), *whole_rows(whole, judged=judged)]
    yield rows
    say(f"{options.largest:,} firms with few links, {options.year} months")
    yield [*rows, *largest_rows(run(options.largest, options.year, options.suppliers), memory_bytes())]


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, nothing written: shows that everything runs")
    parser.add_argument("--months", type=int, default=MONTHS, help="months of ten million firms")
    parser.add_argument("--largest", type=int, default=25_000_000, help="firms of the largest economy")
    parser.add_argument("--suppliers", type=float, default=2.0, help="mean suppliers of a firm in the largest economy")
    parser.add_argument("--no-write", action="store_true", help="print only")
    options: Any = parser.parse_args(arguments)
    options.sizes, options.year = SIZES, 12
    if options.quick:
        options.sizes, options.months, options.largest, options.year = (1_000, 5_000), FIRST + MEASURED, 8_000, 2
        options.no_write = True
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the page."""
    options = parsed(arguments)
    for rows in measure(options):
        text = f"Measured on {machine()}.\n\n" + table(rows)
        print(text, flush=True)
        if not options.no_write:
            write(text, begin=BEGIN, end=END)


if __name__ == "__main__":
    main()
