"""Firms from a table: labels, money as stated, groups and responsible persons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import OWNERSHIPS
from creditregime.component import nearest, shown
from creditregime.errors import PopulationError
from creditregime.population.chunks import Chunk, Lines, Problems, Reals
from creditregime.population.reading import read
from creditregime.population.schema import FIRMS, YES_OR_NO, TableColumn

MOST_LABELS = 256
_COLUMN = {column.name: column for column in FIRMS}
_NUMBERS = tuple(column for column in FIRMS if column.type == "number")


@dataclass(frozen=True)
class FirmTable:
    """N firms as a user states them; numbers are NaN where nothing is stated.

    `index` gives the row of an id, `numbers` the columns of numbers by name, `group` and `person` rows; the others are
    positions in `sectors`, `regions` and the ownerships, all (N,).
    """

    index: dict[str, int]
    sectors: tuple[str, ...]
    regions: tuple[str, ...]
    sector: NDArray[np.uint8]
    region: NDArray[np.uint8]
    ownership: NDArray[np.uint8]
    overseas: NDArray[np.bool_]
    group: NDArray[np.int32]
    person: NDArray[np.int32]
    numbers: dict[str, Reals]

    def __len__(self) -> int:
        """Return the number of firms."""
        return len(self.index)


def read_firms(path: str, sectors: Sequence[str], regions: Sequence[str], max_input_share: float) -> FirmTable:
    """Return the firms in a file, with `sectors` and `regions` where they are known beforehand (else empty)."""
    problems = Problems(path)
    reading = _Reading(problems, sectors, regions, max_input_share)
    for chunk in read(path, "population.firms", FIRMS, problems):
        reading.take(chunk)
    problems.settle()
    return reading.table()


def unstated(index: dict[str, int], sectors: Sequence[str], regions: Sequence[str]) -> FirmTable:
    """Return firms of which nothing is known but their ids."""
    count = len(index)
    if len(sectors) > 1:
        raise PopulationError(f"population.firms: needed to tell the firms' sectors: {', '.join(sectors)[:200]}")
    nothing, rows = np.zeros(count, np.uint8), np.arange(count, dtype=np.int32)
    private = np.full(count, OWNERSHIPS.index("private"), np.uint8)
    numbers = {column.name: np.full(count, np.nan) for column in _NUMBERS}
    names = tuple(sectors) or ("all",), tuple(regions) or ("all",)
    home = np.zeros(count, np.bool_)
    return FirmTable(index, *names, nothing, nothing.copy(), private, home, rows, rows.copy(), numbers)


class Labels:
    """Names in one column and their positions: those known beforehand, or those that the file has, sorted."""

    def __init__(self, column: TableColumn, known: Sequence[str], default: str) -> None:
        self._column, self._default = column, default
        self._known = tuple(known)
        self._codes = {name: code for code, name in enumerate(known)}

    def take(self, chunk: Chunk, problems: Problems) -> NDArray[np.int32]:
        """Return the positions of a chunk's names; refuse unknown names, or too many."""
        texts = [text or self._default for text in chunk.text(self._column, problems)]
        name = self._column.name
        if self._known:
            found = np.array([self._codes.get(text, -1) for text in texts], np.int32)
            problems.where(found < 0, chunk.lines, name, lambda row: unknown(texts[row], self._known))
            return np.maximum(found, 0)
        codes = self._codes
        found = np.array([codes.setdefault(text, len(codes)) for text in texts], np.int32)
        many = f"is the {MOST_LABELS + 1}th different {name}; at most {MOST_LABELS} are allowed"
        problems.where(found >= MOST_LABELS, chunk.lines, name, lambda row: f"{shown(texts[row])} {many}")
        return found

    def sorted(self, found: NDArray[np.int32]) -> tuple[tuple[str, ...], NDArray[np.uint8]]:
        """Return the names, and the positions of all rows in them."""
        if self._known:
            return self._known, found.astype(np.uint8)
        names = sorted(self._codes, key=lambda text: (len(text), text))
        place = np.empty(len(names), np.uint8)
        place[[self._codes[name] for name in names]] = np.arange(len(names))
        return tuple(names), place[found]


def unknown(text: str, names: Sequence[str]) -> str:
    """Return why a name is refused."""
    said = f"{shown(text)} is unknown" if text else "is empty"
    return f"{said}; allowed: {', '.join(names)[:300]}{nearest(text, names)}"


class _Reading:
    """What has been read of a table of firms."""

    def __init__(self, problems: Problems, sectors: Sequence[str], regions: Sequence[str], most_imports: float) -> None:
        self._problems, self._most_imports = problems, most_imports
        self._index: dict[str, int] = {}
        self._lines: list[Lines] = []
        self._labels = {
            "sector": Labels(_COLUMN["sector"], sectors, sectors[0] if len(sectors) == 1 else "" if sectors else "all"),
            "region": Labels(_COLUMN["region"], regions, regions[0] if regions else "all"),
            "ownership": Labels(_COLUMN["ownership"], OWNERSHIPS, "private"),
            "overseas": Labels(_COLUMN["overseas"], YES_OR_NO, "no"),
        }
        self._codes: dict[str, list[NDArray[np.int32]]] = {name: [] for name in self._labels}
        self._numbers: dict[str, list[Reals]] = {column.name: [] for column in _NUMBERS}
        self._stated: dict[str, dict[int, str]] = {"group": {}, "person": {}}

    def take(self, chunk: Chunk) -> None:
        """Add some rows."""
        first = sum(map(len, self._lines))
        self._lines.append(chunk.lines)
        self._take_ids(chunk, first)
        for name, labels in self._labels.items():
            self._codes[name].append(labels.take(chunk, self._problems))
        for column in _NUMBERS:
            self._numbers[column.name].append(chunk.number(column, self._problems))
        self._check_shares(chunk)
        for name, stated in self._stated.items():
            if chunk.has(name):
                texts = chunk.text(_COLUMN[name], self._problems)
                stated.update({first + row: text for row, text in enumerate(texts) if text})

    def _take_ids(self, chunk: Chunk, first: int) -> None:
        for row, name in enumerate(chunk.text(_COLUMN["id"], self._problems)):
            earlier = self._index.setdefault(name, first + row)
            if earlier != first + row and name:
                where = f"{self._problems.noun} {self._line(earlier)}"
                self._problems.at(int(chunk.lines[row]), "id", f"{shown(name)} is in {where} already; ids must differ")

    def _check_shares(self, chunk: Chunk) -> None:
        own = {name: found[-1] for name, found in self._numbers.items()}
        most, problems = self._most_imports, self._problems
        imports, exports = own["imports"], own["export_share"]
        problems.where(
            imports >= most,
            chunk.lines,
            "imports",
            lambda row: f"{imports[row]:g} is not allowed; must be below population.max_input_share, {most:g}",
        )
        total = np.nan_to_num(exports) + np.nan_to_num(own["procurement_share"])
        problems.where(
            total > 1 + 1e-9,
            chunk.lines,
            "procurement_share",
            lambda row: f"with export_share it makes {total[row]:g}; both together must be at most 1",
        )

    def table(self) -> FirmTable:
        """Return the firms; only for a file without problems so far."""
        count = len(self._index)
        if not count:
            self._problems.fail(0, "", "has no rows; at least one firm is needed")
        coded = {name: labels.sorted(np.concatenate(self._codes[name])) for name, labels in self._labels.items()}
        group, person = self._group(count), self._person(count)
        self._problems.settle()
        return FirmTable(
            index=self._index,
            sectors=coded["sector"][0],
            regions=coded["region"][0],
            sector=coded["sector"][1],
            region=coded["region"][1],
            ownership=coded["ownership"][1],
            overseas=coded["overseas"][1] == YES_OR_NO.index("yes"),
            group=group,
            person=person,
            numbers={name: np.concatenate(parts) for name, parts in self._numbers.items()},
        )

    def _group(self, count: int) -> NDArray[np.int32]:
        group = np.arange(count, dtype=np.int32)
        for row, name in self._stated["group"].items():
            if name in self._index:
                group[row] = self._index[name]
            else:
                self._problems.at(self._line(row), "group", f"no firm has the id {shown(name)}")
        for row in np.flatnonzero(group[group] != group).tolist():
            text = f"the parent {shown(self._stated['group'][row])} has a parent itself; groups have one level"
            self._problems.at(self._line(row), "group", text)
        return group

    def _person(self, count: int) -> NDArray[np.int32]:
        """Return for each firm the row that stands for its person: the firm of that id, or the first so labelled."""
        person = np.arange(count, dtype=np.int32)
        first: dict[str, int] = {}
        for row, name in self._stated["person"].items():
            person[row] = self._index.get(name, first.setdefault(name, row))
        return person

    def _line(self, row: int) -> int:
        for lines in self._lines:
            if row < len(lines):
                return int(lines[row])
            row -= len(lines)
        raise IndexError(row)
