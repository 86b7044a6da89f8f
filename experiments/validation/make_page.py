"""Runs the whole validation suite and writes docs/validation.md.

python experiments/validation/make_page.py            # full size, about half an hour on two cores (`make validation`)
python experiments/validation/make_page.py --small --page /tmp/validation.md   # a quick look
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy
from tqdm import tqdm

import creditregime
from creditregime.composition import load
from creditregime.validation import Oracle, oracles, validate
from creditregime.validation.departures import departures
from creditregime.validation.lines import departure_table, structure_summary, structure_table
from creditregime.validation.oracles import SECTIONS
from creditregime.validation.structural import structural

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "validation.md"
CASE = ("Case", "Expected", "Obtained", "Tolerance", "Verdict")


def main() -> None:
    options = _options()
    size: dict[str, Any] = {"full": not options.small, "workers": options.workers}
    with tqdm(total=len(oracles()), unit="oracle") as bar:
        found = kept(options.tables, "comparisons", lambda: validate(**size, done=bar.update))
    missed = kept(options.tables, "departures", lambda: departures(**size))
    varied = kept(options.tables, "structure", lambda: structural(**size))
    text = page(found, missed, varied, "small" if options.small else "full")
    options.page.write_text(text, encoding="utf-8", newline="\n")
    print(options.page)


def kept(folder: Path | None, name: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """Return a table, from a folder where it is kept there; keep it there otherwise."""
    file = folder / f"{name}.pickle" if folder else None
    if file and file.exists():
        return pd.read_pickle(file)
    table = make()
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        table.to_pickle(file)
    return table


def page(found: pd.DataFrame, missed: pd.DataFrame, varied: pd.DataFrame, size: str) -> str:
    """Return the page: overview, every comparison by section, departures, and structural sensitivity."""
    parts = [_text("introduction"), "", _made(size), "", *_overview(found)]
    for title in SECTIONS.values():
        parts += ["", f"## {title}", *_section(found, title)]
    parts += ["", _text("departures"), "", *_table(departure_table(missed))]
    parts += [
        "",
        _text("structure"),
        "",
        *_table(structure_table(varied)),
        "",
        *(f"- {line}" for line in structure_summary(varied)),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _text(name: str) -> str:
    return (HERE / f"{name}.md").read_text(encoding="utf-8").strip()


def _table(frame: pd.DataFrame) -> Iterator[str]:
    yield _row(tuple(map(str, frame.columns)))
    yield "|---" * len(frame.columns) + "|"
    for row in frame.itertuples(index=False):
        yield _row(tuple(map(str, row)))


def _made(size: str) -> str:
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}"
    with_what = f"creditregime {creditregime.__version__}, {versions}"
    return f"Made by `experiments/validation/make_page.py` at {size} size with {with_what}."


def _overview(found: pd.DataFrame) -> Iterator[str]:
    number = found["verdict"].value_counts()
    counts = ", ".join(f"**{number.get(verdict, 0)} {verdict}**" for verdict in ("met", "not met", "not testable"))
    yield f"{len(oracles())} statements, {len(found)} comparisons: {counts}."
    yield ""
    yield "| Section | Statement | Source | Reduction | Met |"
    yield "|---|---|---|---|---|"
    for name, entry in oracles().items():
        rows = found[found["oracle"] == name]
        link = f"[{_title(entry)}](#{name.replace('_', '-')})"
        yield _row((SECTIONS[entry.section], link, entry.source, _reductions(entry), _tally(rows)))


def _section(found: pd.DataFrame, title: str) -> Iterator[str]:
    for name, entry in oracles().items():
        rows = found[(found["oracle"] == name) & (found["section"] == title)]
        if SECTIONS[entry.section] == title:
            yield from _oracle(entry, rows)


def _oracle(entry: Oracle, rows: pd.DataFrame) -> Iterator[str]:
    yield from ("", f"({entry.name.replace('_', '-')})=", f"### {_title(entry)}", "", entry.statement, "")
    yield f"*Source:* {entry.source}. *Run:* `creditregime validate {entry.name}`."
    for name in entry.reductions:
        spec = load(validation=name)
        yield f"*Reduction:* [`validation={name}`](presets.md): {spec.assumptions.rstrip('.')}."
    if entry.known:
        yield from ("", f"**Known to fail:** {entry.known}")
    yield from ("", _row(CASE), "|---|---|---|---|---|")
    for row in rows.itertuples():
        verdict = row.verdict if row.verdict == "met" else f"**{row.verdict}**"
        yield _row(tuple(map(str, (row.where, row.expected, row.obtained, row.tolerance, verdict))))


def _title(entry: Oracle) -> str:
    return entry.name.replace("_", " ").capitalize()


def _reductions(entry: Oracle) -> str:
    return "<br>".join(f"`validation={name}`" for name in entry.reductions) or "–"


def _tally(rows: pd.DataFrame) -> str:
    met, tested = (rows["verdict"] == "met").sum(), (rows["verdict"] != "not testable").sum()
    if not tested:
        return "not testable"
    return f"{met} of {tested}" if met == tested else f"**{met} of {tested}**"


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--small", action="store_true", help="fewer firms and seeds")
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: one a processor)")
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE", help="page to write")
    parser.add_argument("--tables", type=Path, metavar="FOLDER", help="keep tables there, take what is there")
    return parser.parse_args()


if __name__ == "__main__":
    main()
