"""Where a month goes: seconds by stage of `CreditRegime.step`, and the functions that take most of them.

``python -m benchmarks.profile [--firms N] [--warm M] [--months M] [--out FILE] [--write] [override ...]``

Stages are whatever `step` calls directly, so the table follows the code. The profiler sees a few thousand calls a
month, which costs milliseconds. Seconds are processor time. With ``--write`` the stages at three sizes go into
docs/performance.md.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.run import machine, write
from creditregime import CreditRegime, acceleration, load
from creditregime.model import STAGES

BEGIN, END = "<!-- profile:begin -->", "<!-- profile:end -->"
SIZES = (1_000, 10_000, 1_000_000)
STEP = "step"
"""Name of the function whose direct callees are the stages."""

Key = tuple[str, int, str]


def profile_months(model: CreditRegime, months: int) -> tuple[float, dict[Key, Any]]:
    """Return seconds a month and the profiler's table for the next months of a model."""
    profiler = cProfile.Profile(time.process_time)
    begin = time.process_time()
    profiler.enable()
    for _ in range(months):
        model.step()
    profiler.disable()
    return (time.process_time() - begin) / months, pstats.Stats(profiler).stats  # type: ignore[attr-defined]


def place(key: Key) -> str:
    """Return a function's name with its file and line, from the package's root on."""
    file, line, name = key
    path = Path(file)
    where = "/".join(path.parts[path.parts.index("creditregime") + 1 :]) if "creditregime" in path.parts else path.name
    return f"{where}:{line} {name}" if line else name


def stages(table: dict[Key, Any], months: int) -> list[tuple[str, float]]:
    """Return (stage, seconds a month) for everything that `step` calls directly, slowest first."""
    found: list[tuple[str, float]] = []
    for key, (_, _, _, _, callers) in table.items():
        called = [entry[3] for caller, entry in callers.items() if _is_step(caller)]
        if called:
            found.append((place(key), sum(called) / months))
    return sorted(found, key=lambda item: -item[1])


def hot(table: dict[Key, Any], months: int, most: int = 40) -> list[tuple[str, str, float]]:
    """Return (function, called from, seconds a month in the function itself), slowest first."""
    found: list[tuple[str, str, float]] = []
    for key, (_, _, total, _, callers) in table.items():
        if key[1]:
            found.append((place(key), "", total / months))
        else:  # a built-in: tell who calls it
            found += [(key[2], place(caller), entry[2] / months) for caller, entry in callers.items()]
    return sorted(found, key=lambda item: -item[2])[:most]


def _is_step(key: Key) -> bool:
    return key[2] == STEP and key[0].endswith("creditregime/model.py")


def report(model: CreditRegime, months: int) -> str:
    """Profile the next months of a model and return the two tables as text."""
    seconds, table = profile_months(model, months)
    lines = [f"{seconds:.3f} s a month over {months} months, {model.world.rows:,} firms", ""]
    lines += [f"{'stage':64} {'s/month':>8} {'share':>6}"]
    lines += [f"{name:64} {taken:8.4f} {taken / seconds:6.1%}" for name, taken in stages(table, months)]
    lines += ["", f"{'function itself':52} {'called from':58} {'s/month':>8}"]
    lines += [f"{name[:52]:52} {caller[:58]:58} {taken:8.4f}" for name, caller, taken in hot(table, months)]
    return "\n".join(lines) + "\n"


def built(firms: int, warm: int, months: int, overrides: Sequence[str]) -> tuple[CreditRegime, float]:
    """Return a model some months old, and the seconds in which it was built."""
    changes: dict[str, Any] = {"population.firms": firms, "months": warm + months}
    begin = time.process_time()
    model = CreditRegime(load(*overrides, **changes))
    seconds = time.process_time() - begin
    for _ in range(warm):
        model.step()
    return model, seconds


def stages_by_size(warm: int, months: int, overrides: Sequence[str]) -> str:
    """Return a Markdown table of the stages' nanoseconds a firm at three sizes."""
    acceleration.threads = 1
    columns = [stage_seconds(built(firms, warm, months, overrides)[0], months) for firms in SIZES]
    rows = [[stage, *(f"{column[stage]:.0f}" for column in columns)] for stage in columns[0]]
    rows.append(["**a month**", *(f"**{sum(column.values()):.0f}**" for column in columns)])
    head = [["Stage", *(f"{firms:,} firms" for firms in SIZES)], ["---"] * (1 + len(SIZES))]
    return "\n".join("| " + " | ".join(row) + " |" for row in [*head, *rows]) + "\n"


def stage_seconds(model: CreditRegime, months: int) -> dict[str, float]:
    """Return nanoseconds a firm and month by stage, without a profiler; what lies between stages is 'measure'."""
    taken = dict.fromkeys(STAGES, 0.0)

    def clocked(stage: str, act: Callable[[Any], None]) -> Callable[[Any], None]:
        def run(month: Any) -> None:
            begin = time.process_time()
            act(month)
            taken[stage] += time.process_time() - begin

        return run

    for stage in STAGES:
        setattr(model, f"_{stage}", clocked(stage, getattr(model, f"_{stage}")))
    begin = time.process_time()
    for _ in range(months):
        model.step()
    taken["measure"] = time.process_time() - begin - sum(taken.values())
    return {stage: 1e9 * seconds / months / model.world.rows for stage, seconds in taken.items()}


def main() -> None:
    """Profile the run that the command line describes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--firms", type=int, default=1_000_000)
    parser.add_argument(
        "--warm", type=int, default=12, help="months before the profile; in 12 everything is loaded that it will need"
    )
    parser.add_argument(
        "--months", type=int, default=12, help="months of the profile; 12 hold one measurement of the network"
    )
    parser.add_argument("--out", type=Path, help="also write the tables here")
    parser.add_argument("--write", action="store_true", help="stages at three sizes into docs/performance.md instead")
    parser.add_argument("overrides", nargs="*", default=["regime=joint_2016", "population=million"])
    options = parser.parse_args()
    if options.write:
        text = stages_by_size(options.warm, options.months, options.overrides)
        print(text)
        write(f"Measured on {machine()}; nanoseconds of processor time a firm.\n\n{text}", begin=BEGIN, end=END)
        return
    model, seconds = built(options.firms, options.warm, options.months, options.overrides)
    text = f"built in {seconds:.1f} s; " + report(model, options.months)
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
