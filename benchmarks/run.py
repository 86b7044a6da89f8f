"""Measure speed and memory, print a table, and write it into docs/performance.md.

``python -m benchmarks.run [--quick] [--firms N ...] [--large N] [--months M] [--no-write]``

What is reported are ratios of processor time, of things that run in the same minutes, in turns: other work on the
machine then counts for neither side. The large run has a process of its own, whose peak memory is read at its end.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any, NamedTuple

import numpy as np

from benchmarks.agreement import reduced
from benchmarks.floor import copy_bandwidth, floor_bytes
from benchmarks.peer import PlainMesa
from creditregime import CreditRegime, Scenario, load

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- benchmarks:begin -->", "<!-- benchmarks:end -->"

TARGET_FIRMS = 1_000_000
"""The targets of the large run hold from this size on; a small one is mostly the interpreter."""
FASTER_THAN_PEER, JUDGED = 150.0, 10_000
"""Least ratio of the peer's time to ours, from so many firms on."""
MANY = 50_000
"""From so many firms on the peer takes seconds a month: fewer are measured."""
MOST_FLOORS = 10.0
FIRM_BYTES, LINK_BYTES = 250, 30
MOST_BUILD_MONTHS = 12.0
MOST_IMPORTS, MOST_TO_MONTH = 1.5, 2.0
"""Importing the model, and its first month from process start, over importing what it stands on."""
LARGE: dict[str, Any] = {"regime": "joint_2016", "population": "million"}
FIRST_MONTHS = 4
"""Months before the measured ones: the first are cheaper, as few firms are on record."""
ENOUGH = 10_000
"""An economy of so many firms loads the compiled code with which a large one is built: it counts to no month either."""


class Row(NamedTuple):
    """One line of the table; `good` is None where there is no target."""

    what: str
    obtained: str
    target: str
    good: bool | None


class Large(NamedTuple):
    """What the large run was and took; bytes of its peak, and of what stood in memory then."""

    firms: int
    links: int
    floor: int
    build: float
    firm_bytes: float
    link_bytes: float
    months: list[float]
    bandwidth: list[float]
    peak: int
    libraries: int
    columns: int
    logs: int


def timed(action: Callable[[], Any]) -> float:
    """Return the seconds of processor time that an action takes."""
    begin = time.process_time()
    action()
    return time.process_time() - begin


def against_peer(firms: int, blocks: int, months: int) -> list[float]:
    """Return the ratio of the peer's to the model's time for each block of months, month by month in turns."""
    scenario = reduced(firms, months=10_000)
    economy = scenario.population.build(scenario.seed)
    ours, peer = CreditRegime(scenario, economy=economy), PlainMesa(scenario, economy)
    ratios = []
    for block in range(blocks + 1):
        pairs = [(timed(peer.step), timed(ours.step)) for _ in range(months)]
        if block:  # the first block warms both up
            ratios.append(sum(pair[0] for pair in pairs) / sum(pair[1] for pair in pairs))
    return ratios


def large_run(firms: int, months: int) -> Large:
    """Let a fresh process build and run the baseline regime, month by month; measure the copy bandwidth in between."""
    code = f"from benchmarks.run import work; work({firms}, {months})"
    taken, bandwidth = [], []
    pipe = subprocess.PIPE
    alone = surroundings() | {"CREDITREGIME_THREADS": "1"}  # as the copies that it is compared with
    with subprocess.Popen(python(code), stdin=pipe, stdout=pipe, text=True, env=alone) as child:
        facts = answer(child)
        for _ in range(months):
            taken.append(answer(child, "month\n"))
            bandwidth.append(copy_bandwidth(128, 3))
        facts |= answer(child, "memory\n")
    return Large(months=taken[FIRST_MONTHS:], bandwidth=bandwidth[FIRST_MONTHS:], **facts)


def answer(child: subprocess.Popen[str], request: str = "") -> Any:
    """Return what a process prints next, as JSON, after sending it a request."""
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(request)
    child.stdin.flush()
    line = child.stdout.readline()
    if not line:
        raise SystemExit("the large run stopped; its error is above")
    return json.loads(line)


def work(firms: int, months: int) -> None:
    """Build and run the baseline regime, one month for each line read, and tell what each took (see `large_run`)."""
    scenario = load(**LARGE | {"population.firms": firms, "months": months})
    libraries = peak_bytes()
    CreditRegime(scenario.changed({"population.firms": ENOUGH}))
    begin = time.process_time()
    model = CreditRegime(scenario)
    build, world = time.process_time() - begin, model.world
    links = len(world.network.supplier)
    facts = {"firms": world.rows, "links": links, "floor": floor_bytes(world), "build": build}
    facts |= {"firm_bytes": world.firms.nbytes / world.rows, "link_bytes": world.network.nbytes / links}
    print(json.dumps(facts), flush=True)
    for _ in range(months):
        sys.stdin.readline()
        print(timed(model.step), flush=True)
    sys.stdin.readline()
    memory = {"libraries": libraries, "columns": world.firms.nbytes + world.network.nbytes}
    memory |= {"logs": world.records.nbytes + world.events.nbytes, "peak": peak_bytes()}
    print(json.dumps(memory), flush=True)


def peak_bytes() -> int:
    """Return the largest resident size of this process so far.

    On Linux from /proc: what `getrusage` tells there includes the peak of the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def python(code: str) -> list[str]:
    """Return the command that runs a line of Python in a fresh process."""
    return [sys.executable, "-c", code]


def surroundings() -> dict[str, str]:
    """Return the environment in which a fresh process finds what this one has imported."""
    paths = [str(PAGE.parent.parent), *filter(None, sys.path)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


STARTS = (
    "import numpy, scipy.sparse, pydantic, mesa",
    "from creditregime import CreditRegime, load",
    "from creditregime import CreditRegime, load; CreditRegime(load(**{'population.firms': 1000})).step()",
)
"""What a fresh process does: import what the model stands on, import the model, simulate a first month."""


def start_seconds(repeats: int) -> list[tuple[float, ...]]:
    """Return the processor time that each of `STARTS` takes in fresh processes, in turns, compiled files kept."""
    kept = {name: value for name, value in surroundings().items() if name != "PYTHONDONTWRITEBYTECODE"}
    taken = []
    for _ in range(repeats + 1):  # the first round writes the compiled files
        row = []
        for action in STARTS:
            code = f"from time import process_time as t; a = t(); {action}; print(t() - a)"
            done = subprocess.run(python(code), capture_output=True, text=True, check=True, env=kept)
            row.append(float(done.stdout))
        taken.append(tuple(row))
    return taken[1:]


def start_rows(taken: Sequence[tuple[float, ...]]) -> list[Row]:
    """Return the rows of imports and of a first month."""
    base = median(row[0] for row in taken)
    imports, month = (median(row[at] / row[0] for row in taken) for at in (1, 2))
    return [
        Row("Import of NumPy, scipy.sparse, pydantic and Mesa, fresh process", f"{base:.2f} s", "", None),
        Row("Import of creditregime's model over that", f"{imports:.2f}×", "at most 1.5×", imports <= MOST_IMPORTS),
        Row(
            "First month of 1,000 firms, from process start, over that",
            f"{month:.2f}×",
            "at most 2×",
            month <= MOST_TO_MONTH,
        ),
    ]


def small_month(firms: int, months: int) -> list[float]:
    """Return the seconds of each month of the default scenario at a small size."""
    model = CreditRegime(reference(firms, months + FIRST_MONTHS))
    taken = [timed(model.step) for _ in range(months + FIRST_MONTHS)]
    return taken[FIRST_MONTHS:]


def reference(firms: int, months: int) -> Scenario:
    """Return the preset scenario at a size."""
    changes: dict[str, Any] = {"population.firms": firms, "months": months}
    return load(**changes)


def peer_row(firms: int, ratios: Sequence[float], *, judged: bool) -> Row:
    """Return the row of a comparison with the peer."""
    what = f"Plain-Mesa peer's time over ours, {firms:,} firms, reduced rules"
    obtained = f"{median(ratios):.1f}× (min {min(ratios):.0f}, max {max(ratios):.0f}, {len(ratios)} blocks)"
    if not judged:
        return Row(what, obtained, "", None)
    return Row(what, obtained, f"at least {FASTER_THAN_PEER:.0f}×", median(ratios) >= FASTER_THAN_PEER)


def large_rows(run: Large) -> list[Row]:
    """Return the rows of the large run."""
    month, bandwidth = mean(run.months), median(run.bandwidth)
    multiples = [taken * copied / run.floor for taken, copied in zip(run.months, run.bandwidth, strict=True)]
    size = f"{run.firms:,} firms, {run.links:,} links"
    multiple, builds = mean(multiples), run.build / month
    spread = f"median {median(multiples):.1f}, min {min(multiples):.1f}, max {max(multiples):.1f}"
    most = f"at most {MOST_FLOORS:.0f}×"
    between = f"{month:.2f} ({min(run.months):.2f}, {max(run.months):.2f})"
    return [
        Row(f"Month over the memory floor, {size}", f"{multiple:.1f}× ({spread})", most, multiple <= MOST_FLOORS),
        Row(f"... seconds a month, mean (min, max) of {len(run.months)}", between, "", None),
        Row("... bytes streamed a month", f"{run.floor / 1e6:.0f} MB, {run.floor / run.firms:.0f} a firm", "", None),
        Row("... copy bandwidth, read and written, median", f"{bandwidth / 1e9:.1f} GB/s", "", None),
        Row(
            "Build, in months",
            f"{builds:.1f} ({run.build:.1f} s)",
            f"at most {MOST_BUILD_MONTHS:.0f}",
            builds <= MOST_BUILD_MONTHS,
        ),
        *memory_rows(run),
    ]


def memory_rows(run: Large) -> list[Row]:
    """Return the rows of peak memory: what is allowed, and where it goes."""
    budget = FIRM_BYTES * run.firms + LINK_BYTES * run.links
    target = f"at most {budget / 1e6:.0f} MB ({FIRM_BYTES} B a firm, {LINK_BYTES} B a link)"
    state = f"{run.firm_bytes:.0f} B a firm and {run.link_bytes:.1f} B a link at the start"
    rest = run.peak - run.libraries - run.columns - run.logs
    return [
        Row("Peak memory of the process", f"{run.peak / 1e6:.0f} MB", target, run.peak <= budget),
        Row("... interpreter and libraries, before a firm exists", f"{run.libraries / 1e6:.0f} MB", "", None),
        Row("... columns of firms and links", f"{run.columns / 1e6:.0f} MB ({state})", "", None),
        Row("... records and events", f"{run.logs / 1e6:.0f} MB", "", None),
        Row("... the rest: compiled code, what a stage works on, what is kept free", f"{rest / 1e6:.0f} MB", "", None),
    ]


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    verdict = {True: "pass", False: "**fail**", None: "-"}
    lines = ["| What | Obtained | Target | Verdict |", "|---|---|---|---|"]
    lines += [f"| {row.what} | {row.obtained} | {row.target} | {verdict[row.good]} |" for row in rows]
    return "\n".join(lines) + "\n"


def machine() -> str:
    """Return what the numbers were measured on."""
    import mesa
    import scipy

    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}"
    return f"{model}, {os.cpu_count()} cores; {versions}, mesa {mesa.__version__}"


def write(text: str, page: Path = PAGE, begin: str = BEGIN, end: str = END) -> None:
    """Put the text between two markers of the page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"{page}: the markers {begin} and {end} are needed")
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def measure(options: argparse.Namespace) -> list[Row]:
    """Run everything, saying what runs."""
    rows = []
    for firms in options.firms:
        say(f"model and peer, {firms:,} firms")
        few = firms >= MANY and not options.quick
        blocks, months = (2, 1) if few else (options.blocks, options.block_months)
        rows.append(peer_row(firms, against_peer(firms, blocks, months), judged=firms >= JUDGED))
    say(f"baseline regime, {options.large:,} firms, {options.months} months")
    large = large_rows(large_run(options.large, options.months))
    rows += large if options.large >= TARGET_FIRMS else [row._replace(target="", good=None) for row in large]
    say("import and a small run")
    rows += start_rows(start_seconds(1 if options.quick else 7))
    small = small_month(1000, 60)
    rows.append(Row("Month of the default scenario, 1,000 firms", f"{1000 * median(small):.1f} ms", "", None))
    return rows


def say(text: str) -> None:
    """Tell what is being measured."""
    print(f"measuring: {text}", file=sys.stderr, flush=True)


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, nothing written: shows that everything runs")
    parser.add_argument("--firms", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="sizes against the peer")
    parser.add_argument("--blocks", type=int, default=7, help="repetitions against the peer")
    parser.add_argument("--block-months", type=int, default=4, help="months a repetition")
    parser.add_argument("--large", type=int, default=1_000_000, help="firms of the large run")
    parser.add_argument("--months", type=int, default=24, help="months of the large run")
    parser.add_argument("--no-write", action="store_true", help="print only")
    options = parser.parse_args(arguments)
    if options.quick:
        options.firms, options.blocks, options.block_months = [1_000], 3, 2
        options.large, options.months, options.no_write = 50_000, 8, True
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the page."""
    options = parsed(arguments)
    begin = time.perf_counter()
    text = f"Measured on {machine()}.\n\n" + table(measure(options))
    print(text)
    print(f"took {time.perf_counter() - begin:.0f} s", file=sys.stderr)
    if not options.no_write:
        write(text)


if __name__ == "__main__":
    main()
