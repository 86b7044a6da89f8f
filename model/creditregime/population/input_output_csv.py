"""Input-output tables as CSV: a square of sectors, final demand to its right, imports and value added below it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from creditregime.component import nearest, shown
from creditregime.population.chunks import Problems, Reals, parsed, refused
from creditregime.population.input_output import IMBALANCE, InputOutput
from creditregime.population.reading_csv import CsvRows, header_of
from creditregime.population.schema import INPUT_OUTPUT, INPUT_OUTPUT_ROWS, TableColumn

MOST_SECTORS = 256
_FIRST, _FLOW, *_BESIDE = INPUT_OUTPUT
_OWN = {column.name: column for column in _BESIDE}
_BELOW = tuple(column.name for column in INPUT_OUTPUT_ROWS)


def read_csv_table(path: Path) -> InputOutput:
    """Return the table in a CSV file."""
    problems = Problems(str(path))
    with path.open("rb") as file:
        rows = iter(CsvRows(file, problems))
        line, header = next(rows, (0, []))
        names = header_of(header, line, problems)
        sectors = _sectors(names, line, problems)
        values, lines = _values(rows, names, sectors, problems)
    problems.settle()
    flows = np.array([values[sector][: len(sectors)] for sector in sectors])
    beside = {name: np.array([values[s][names.index(name) - 1] for s in sectors]) for name in _OWN if name in names}
    below = {name: values[name][: len(sectors)] for name in _BELOW if name in values}
    nothing = np.zeros(len(sectors))
    sold = flows.sum(axis=1) + beside["domestic_final_demand"] + beside.get("exports", nothing)
    output = beside.get("output", sold)
    imports = below.get("imported_intermediates", nothing)
    _check_sales(sectors, sold, output, lines, problems)
    _check_spending(sectors, flows.sum(axis=0) + imports, output, below.get("value_added"), lines, problems)
    return InputOutput(
        name=path.stem,
        unit="money of the table",
        sectors=sectors,
        electricity=_electricity(beside.get("electricity", nothing), sectors, lines, problems),
        flows=flows,
        domestic_final_demand=beside["domestic_final_demand"],
        exports=beside.get("exports", nothing),
        imported_intermediates=imports,
    )


def _sectors(names: list[str], line: int, problems: Problems) -> tuple[str, ...]:
    """Return the sectors that the header names: what stands between `sector` and the columns that we know."""
    if names[0] != "sector":
        problems.fail(line, shown(names[0]), "is not allowed; the first column must be sector")
    own = [position for position, name in enumerate(names) if name in _OWN]
    if "domestic_final_demand" not in names:
        problems.fail(line, "domestic_final_demand", f"is missing{nearest('domestic_final_demand', names)}")
    sectors = tuple(names[1 : own[0]])
    for name in names[own[0] :]:
        if name not in _OWN:
            allowed = f"after the sectors: {', '.join(_OWN)}{nearest(name, [*_OWN])}"
            problems.fail(line, shown(name), f"is not allowed here; allowed {allowed}")
    if not 1 <= len(sectors) <= MOST_SECTORS:
        problems.fail(line, "", f"names {len(sectors)} sectors; 1 to {MOST_SECTORS} are allowed")
    return sectors


def _values(
    rows: Iterator[tuple[int, list[str]]], names: list[str], sectors: tuple[str, ...], problems: Problems
) -> tuple[dict[str, Reals], dict[str, int]]:
    """Return the numbers of each row, (columns,), and its line; refuse rows that are not those of the columns."""
    columns = [_FLOW if position < len(sectors) else _OWN[name] for position, name in enumerate(names[1:])]
    wanted = [*sectors, *_BELOW]
    values: dict[str, Reals] = {}
    lines: dict[str, int] = {}
    last = 0
    for line, row in rows:
        name, last = row[0].strip(), line
        if len(row) != len(names):
            problems.fail(line, "", f"has {len(row)} cells, but the header has {len(names)}")
        if name in values:
            problems.fail(line, "sector", f"{shown(name)} is in line {lines[name]} already")
        expected = wanted[len(values)] if len(values) < len(sectors) else ""
        if (expected and name != expected) or name not in wanted:
            needed = (
                f"the row of {expected} is needed" if expected else f"allowed after the sectors: {', '.join(_BELOW)}"
            )
            problems.fail(line, "sector", f"{shown(name)} is not allowed here; {needed}")
        values[name] = _numbers(row[1:], columns, names[1:], line, name in sectors, problems)
        lines[name] = line
    missing = [sector for sector in sectors if sector not in values]
    if missing:
        text = f"rows end before {shown(missing[0])}; each of the {len(sectors)} sectors needs a column and a row"
        problems.fail(last, "sector", text)
    return values, lines


def _numbers(
    cells: list[str], columns: list[TableColumn], names: list[str], line: int, whole: bool, problems: Problems
) -> Reals:
    """Return a row's numbers; below the sectors (not `whole`) the columns beside them may be empty."""
    texts = [cell.strip() for cell in cells]
    numbers, blank = parsed(texts)
    for position, column in enumerate(columns):
        good = np.isfinite(numbers[position]) and column.low <= numbers[position] <= column.high
        optional = not column.required if whole else column is not _FLOW
        if not good and not (blank[position] and optional):
            problems.at(line, names[position], refused(texts[position], column))
    return np.nan_to_num(numbers)


def _check_sales(
    sectors: tuple[str, ...], sold: Reals, output: Reals, lines: dict[str, int], problems: Problems
) -> None:
    for code, sector in enumerate(sectors):
        if sold[code] <= 0 or output[code] <= 0:
            problems.at(lines[sector], "output", f"{shown(sector)} sells nothing; leave the sector out")
        elif abs(sold[code] - output[code]) > IMBALANCE * output[code]:
            gap = f"sales of {shown(sector)} add up to {sold[code]:.6g}, not to its output {output[code]:.6g}"
            problems.at(lines[sector], "output", f"{gap}; at most {IMBALANCE:.0%} between them is rounding")
    problems.settle()


def _check_spending(
    sectors: tuple[str, ...],
    spent: Reals,
    output: Reals,
    value_added: Reals | None,
    lines: dict[str, int],
    problems: Problems,
) -> None:
    for code, sector in enumerate(sectors):
        if value_added is None and spent[code] > (1 + IMBALANCE) * output[code]:
            text = f"inputs add up to {spent[code]:.6g}, more than the output {output[code]:.6g}"
            problems.at(lines[sectors[-1]], sector, text)
        elif value_added is not None:
            total = spent[code] + value_added[code]
            if abs(total - output[code]) > IMBALANCE * output[code]:
                gap = f"inputs and value added make {total:.6g}, not the output {output[code]:.6g}"
                text = f"{gap}; at most {IMBALANCE:.0%} between them is rounding"
                problems.at(lines["value_added"], sector, text)
    problems.settle()


def _electricity(marks: Reals, sectors: tuple[str, ...], lines: dict[str, int], problems: Problems) -> int | None:
    sellers = np.flatnonzero(marks)
    for code in sellers:
        if marks[code] != 1 or code != sellers[0]:
            problems.fail(lines[sectors[code]], "electricity", "1 is allowed in one row only, and 0 in the others")
    return int(sellers[0]) if len(sellers) else None
