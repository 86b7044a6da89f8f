"""Compares what presets give with what was published, and writes the table of docs/published.md.

python experiments/published_shares/make_table.py --firms 4000   # 10 seeds, ten years: as in the page
python experiments/published_shares/make_table.py --small   # 2 seeds and 300 firms: printed, not written
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy import stats

from creditregime import load
from creditregime.laboratory.calibration.fit import verdict
from creditregime.laboratory.measures import GradeShare, InspectionRate, Measure, measured

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "published.md"
BEGIN, END = "<!-- table of experiments/published_shares: begin -->", "<!-- end -->"
HEAD = ("Preset", "What", "Published", "Obtained", "95% interval", "", "Source")


def main() -> None:
    options = _options()
    firms, seeds = (300, 2) if options.small else (options.firms, options.seeds)
    table = markdown(list(rows(firms, seeds)), firms, seeds)
    print(table)
    if not options.small:
        options.page.write_text(
            between(options.page.read_text(encoding="utf-8"), table), encoding="utf-8", newline="\n"
        )


def rows(firms: int, seeds: int, entries: list[dict[str, Any]] | None = None) -> Iterator[dict[str, Any]]:
    """Yield every published row with what each seed gave."""
    for entry in entries if entries is not None else yaml.safe_load((HERE / "published.yaml").read_text("utf-8")):
        runs = [values(entry, firms, seed) for seed in range(1, seeds + 1)]
        for number, row in enumerate(entry["rows"]):
            yield row | {"regime": entry["regime"], "obtained": [run[number] for run in runs]}


def values(entry: dict[str, Any], firms: int, seed: int) -> list[float]:
    """Return the value of each row of an entry in one run; NaN where no firm held the grade."""
    spec = load(regime=entry["regime"], seed=seed, **{"population.firms": firms} | entry.get("changes", {}))
    measures = {str(number): measure(entry, row) for number, row in enumerate(entry["rows"])}
    return [*measured(spec, measures).values()]


def measure(entry: dict[str, Any], row: dict[str, Any]) -> Measure:
    """Return what a row measures."""
    if "grades" in row:
        return GradeShare(topic=entry["topic"], grades=tuple(row["grades"]), months=1)
    return InspectionRate(topic=entry["topic"], grades=(row["inspected"],))


def markdown(results: list[dict[str, Any]], firms: int, seeds: int) -> str:
    """Return the table, one line a published row."""
    lines = [f"Means over {seeds} seeds of {firms:,} firms, with Student's 95% interval.", ""]
    lines += [f"| {' | '.join(HEAD)} |", f"|{'---|' * len(HEAD)}"]
    for row in results:
        mean, low, high = interval(row["obtained"])
        bounds = row["published"] if isinstance(row["published"], list) else [row["published"]]
        said = verdict(bounds[0], bounds[-1], mean, low, high)
        fitted = "calibrated, " if row.get("calibrated") else ""
        cells = (
            f"`{row['regime']}`",
            row["name"],
            "–".join(f"{100 * bound:.3g}" for bound in bounds) + "%",
            f"{100 * mean:.2f}%",
            f"{100 * low:.2f}–{100 * high:.2f}%",
            fitted + said,
            row["source"],
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def interval(values: list[float]) -> tuple[float, float, float]:
    """Return mean and 95% interval, of the runs in which somebody held the grade."""
    known = [value for value in values if not np.isnan(value)]
    if len(known) < 2:
        return float("nan"), float("nan"), float("nan")
    mean = float(np.mean(known))
    half = float(stats.t.ppf(0.975, len(known) - 1) * np.std(known, ddof=1) / np.sqrt(len(known)))
    return mean, max(mean - half, 0.0), min(mean + half, 1.0)


def between(page: str, table: str) -> str:
    """Return the page with the table between its markers."""
    before, found, rest = page.partition(BEGIN)
    if not found or END not in rest:
        raise SystemExit(f"{PAGE.name}: the markers {BEGIN} and {END} are missing")
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10, metavar="N", help="seeds, at least 2 (default: 10)")
    parser.add_argument("--firms", type=int, default=1000, metavar="N", help="firms (default: 1,000)")
    parser.add_argument("--small", action="store_true", help="2 seeds of 300 firms; prints the table only")
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE", help="page with the markers")
    options = parser.parse_args()
    if options.seeds < 2:
        parser.error("--seeds: an interval needs at least 2")
    return options


if __name__ == "__main__":
    main()
