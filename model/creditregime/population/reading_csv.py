"""CSV as people write it: UTF-8 with or without a mark at its head, commas, quotes, one header line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from creditregime.component import shown
from creditregime.population.chunks import CHUNK, MOST_PROBLEMS, Chunk, Problems, check_header
from creditregime.population.schema import TableColumn

LONGEST_LINE = 1_000_000
_MARK = b"\xef\xbb\xbf"
_CAUSES = {
    "unexpected end of data": "a quote is opened here and never closed",
    "field larger than field limit (131072)": "a cell is longer than 131072 characters; is a quote never closed?",
}


class CsvRows:
    """Rows of a CSV file with the line in which each begins; lines before the header that begin with # are skipped."""

    def __init__(self, file: BinaryIO, problems: Problems) -> None:
        self._file, self._problems = file, problems
        self._before_header = True

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (line, cells) of every row that is not empty."""
        reader = csv.reader(self._lines(), strict=True)
        line = 1
        try:
            for row in reader:
                if row:
                    self._before_header = False
                    yield line, row
                line = reader.line_num + 1
        except csv.Error as error:
            self._problems.fail(line, "", _CAUSES.get(str(error), f"not CSV: {error}"))

    def _lines(self) -> Iterator[str]:
        number = 0
        while raw := self._file.readline(LONGEST_LINE + 1):
            number += 1
            if number == 1:
                raw = raw.removeprefix(_MARK)
            if len(raw) > LONGEST_LINE:
                self._problems.fail(number, "", f"is longer than {LONGEST_LINE} bytes")
            yield self._text(raw, number)

    def _text(self, raw: bytes, number: int) -> str:
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            column = len(raw[: error.start].decode("utf-8", "replace")) + 1
            self._problems.fail(number, str(column), "is not UTF-8; save the table as CSV in UTF-8")
        if "\0" in text:
            self._problems.fail(
                number, str(text.index("\0") + 1), "is a null character; save the table as CSV in UTF-8"
            )
        return "\n" if self._before_header and text.startswith("#") else text


def header_of(cells: Sequence[str], line: int, problems: Problems) -> list[str]:
    """Return the names of the columns; refuse an empty file, and names that are empty or stand there twice."""
    if not cells:
        problems.fail(0, "", "is empty; a header line and rows are needed")
    names = [cell.strip() for cell in cells]
    for position, name in enumerate(names):
        if not name:
            problems.fail(line, str(position + 1), "has no name")
        if name in names[:position]:
            problems.fail(line, shown(name), "stands there twice")
    return names


def csv_chunks(path: str, columns: Sequence[TableColumn], problems: Problems) -> Iterator[Chunk]:
    """Yield the rows of a CSV file in chunks, with texts that are stripped of space at their ends."""
    with Path(path).open("rb") as file:
        rows = iter(CsvRows(file, problems))
        line, header = next(rows, (0, []))
        names = header_of(header, line, problems)
        check_header(names, columns, problems, line)
        known = {column.name for column in columns}
        lines: list[int] = []
        cells: list[list[str]] = []
        for line, row in rows:
            if len(row) == len(names):
                lines.append(line)
                cells.append(row)
            else:
                problems.at(line, "", f"has {len(row)} cells, but the header has {len(names)}")
            if len(cells) == CHUNK or problems.count > MOST_PROBLEMS:
                yield _chunk(lines, cells, names, known)  # what is wrong in these rows may come before
                lines, cells = [], []
        yield _chunk(lines, cells, names, known)


def _chunk(lines: list[int], cells: list[list[str]], names: list[str], known: set[str]) -> Chunk:
    transposed = zip(names, zip(*cells, strict=True) if cells else [()] * len(names), strict=True)
    values = {name: [text.strip() for text in texts] for name, texts in transposed if name in known}
    return Chunk(np.array(lines, np.int64), {**values})
