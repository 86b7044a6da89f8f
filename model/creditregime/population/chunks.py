"""Rows of a user's table, some at a time, and what is wrong with them, told with file, line and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from creditregime.component import nearest, shown
from creditregime.errors import PopulationError
from creditregime.population.schema import EXCLUSIVE, TableColumn

Reals = NDArray[np.float64]
Lines = NDArray[np.int64]
Marks = NDArray[np.bool_]

CHUNK = 65_536
"""Rows handled at once: what is kept in memory of a file is this, and the arrays made of it."""

MOST_PROBLEMS = 1000
"""Problems after which a file is read no further."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}([,'’\s.]\d{3})+([.,]\d+)?", re.ASCII)
_PLAIN = frozenset("0123456789+-.eE")


class Problems:
    """Collects what is wrong in one file: the first problem in the words of the user's file, and how many there are."""

    def __init__(self, path: str, noun: str = "line") -> None:
        self.path, self.noun = path, noun
        self.count = 0
        self._first: tuple[int, str] | None = None

    def at(self, line: int, column: str, text: str) -> None:
        """Note one problem."""
        self._note(line, column, text, 1)

    def where(self, bad: Marks, lines: Lines, column: str, tell: Callable[[int], str]) -> None:
        """Note a problem in every row where `bad` holds; `tell` puts the first of them into words."""
        if bad.any():
            first = int(np.argmax(bad))
            self._note(int(lines[first]), column, tell(first), int(bad.sum()))

    def fail(self, line: int, column: str, text: str) -> None:
        """Raise: nothing after this can be read."""
        self._note(line, column, text, 1)
        self.settle()

    def settle(self, done: bool = True) -> None:
        """Raise a `PopulationError` with the first problem, if there is any."""
        if self._first is not None:
            others = self.count - 1
            more = f" (and {'' if done else 'at least '}{others} more)" if others else ""
            raise PopulationError(self._first[1] + more)

    def check(self) -> None:
        """Raise if there are too many problems for reading on to be of use."""
        if self.count > MOST_PROBLEMS:
            self.settle(done=False)

    def _note(self, line: int, column: str, text: str, number: int) -> None:
        self.count += number
        if self._first is None or line < self._first[0]:
            place = f"{self.path}: " + (f"{self.noun} {line}" if line else "")
            place += (", " if line and column else "") + (f"column {column}" if column else "")
            self._first = line, f"{place}: {text}" if line or column else f"{place}{text}"


@dataclass(frozen=True)
class Chunk:
    """Some rows of a table: texts by column, or numbers with a mark where there is none; `lines` as the file counts."""

    lines: Lines
    values: dict[str, list[str] | tuple[Reals, Marks]]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.lines)

    def has(self, name: str) -> bool:
        """Tell whether the table has a column."""
        return name in self.values

    def text(self, column: TableColumn, problems: Problems) -> list[str]:
        """Return a column of texts, empty where there is none; refuse empty cells of a required column."""
        found = self.values.get(column.name)
        if not isinstance(found, list):
            return [""] * len(self)
        if column.required and not all(found):
            empty = np.array([not text for text in found])
            problems.where(empty, self.lines, column.name, lambda row: "is empty; a value is needed")
        return found

    def number(self, column: TableColumn, problems: Problems) -> Reals:
        """Return a column of numbers, (rows,), NaN where there is none; refuse what is out of bounds."""
        found = self.values.get(column.name)
        if found is None:
            return np.full(len(self), np.nan)
        texts = found if isinstance(found, list) else None
        values, blank = parsed(found) if isinstance(found, list) else found
        low = values > column.low if column.open_low else values >= column.low
        good = low & (values <= column.high)  # false for NaN; every column has a finite upper bound
        bad = ~good if column.required else ~good & ~blank

        def tell(row: int) -> str:
            told = repr(float(values[row])) if texts is None else texts[row]
            return refused(told if not blank[row] else "", column)

        problems.where(bad, self.lines, column.name, tell)
        return np.where(blank | bad, np.nan, values)


def parsed(texts: Sequence[str]) -> tuple[Reals, Marks]:
    """Return numbers (NaN for what is none) and where nothing is written."""
    blank = np.array([not text for text in texts], np.bool_)
    if _PLAIN.issuperset("".join(texts)):  # float() alone would let "nan", "1_000" and other scripts' digits through
        try:
            return np.array([float(text) if text else np.nan for text in texts], np.float64), blank
        except ValueError:
            pass
    values = [float(text) if _NUMBER.fullmatch(text) else np.nan for text in texts]
    return np.array(values, np.float64), blank


def refused(text: str, column: TableColumn) -> str:
    """Return why a text is not a number that the column allows."""
    hint = ", written without thousands separators" if _GROUPED.fullmatch(text) and not _NUMBER.fullmatch(text) else ""
    return (
        f"{shown(text)} is not allowed; must be {column.bounds}{hint}"
        if text
        else f"is empty; {column.bounds} is needed"
    )


def check_header(names: Sequence[str], columns: Sequence[TableColumn], problems: Problems, line: int) -> None:
    """Refuse a header that lacks a column, has one that nobody knows, or two that exclude each other.

    A column whose name begins with an underscore is the user's own, and is not read.
    """
    known = [column.name for column in columns]
    read_names = [name for name in names if not name.startswith("_")]
    for name in (column.name for column in columns if column.required):
        if name not in names:
            hint = _delimiter(names) or nearest(name, read_names).replace("did you mean", "is it")
            problems.fail(line, name, f"is missing{hint}")
    for name in names:
        if name not in known and name in read_names:
            allowed = f"allowed: {', '.join(known)}, and any name that begins with _"
            problems.fail(line, shown(name), f"is unknown{nearest(name, known)}; {allowed}")
    for pair in EXCLUSIVE:
        if all(name in names for name in pair):
            problems.fail(line, pair[1], f"says the same as {pair[0]}; one of them is needed")


def _delimiter(names: Sequence[str]) -> str:
    if len(names) == 1:
        for mark, said in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if mark in names[0]:
                return f"; the header is separated by {said}, commas are needed"
    return ""
