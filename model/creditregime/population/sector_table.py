"""Sectors from a table: what the state and the world buy, electricity, and which inputs bind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from creditregime.component import shown
from creditregime.population.chunks import Chunk, Problems, Reals
from creditregime.population.columns import ESSENTIAL, NEGLIGIBLE, NON_ESSENTIAL
from creditregime.population.firm_table import MOST_LABELS, unknown
from creditregime.population.reading import read
from creditregime.population.schema import SECTORS

SEPARATOR = ";"
SHARES = ("export_share", "procurement_share", "energy_share")
_COLUMN = {column.name: column for column in SECTORS}
_KINDS = {"essential": ESSENTIAL, "negligible": NEGLIGIBLE}


@dataclass(frozen=True)
class SectorTable:
    """S sectors in the order of the file; `shares` by name, (S,), NaN where nothing is stated.

    `essential` holds codes [supplier sector, buyer sector], (S, S), or None where the file says nothing about inputs.
    """

    names: tuple[str, ...]
    shares: dict[str, Reals]
    essential: NDArray[np.uint8] | None


def read_sectors(path: str) -> SectorTable:
    """Return the sectors in a file."""
    problems = Problems(path)
    names: list[str] = []
    lines: list[int] = []
    shares: dict[str, list[Reals]] = {name: [] for name in SHARES}
    stated: dict[str, list[str]] = {name: [] for name in _KINDS}
    present = False
    for chunk in read(path, "population.sectors", SECTORS, problems):
        _take_names(chunk, names, lines, problems)
        for name in SHARES:
            shares[name].append(chunk.number(_COLUMN[name], problems))
        for kind in _KINDS:
            present = present or chunk.has(kind)
            stated[kind] += chunk.text(_COLUMN[kind], problems)
    problems.settle()
    if not names:
        problems.fail(0, "", "has no rows; at least one sector is needed")
    codes = _codes(names, lines, stated, problems) if present else None
    return SectorTable(tuple(names), {name: np.concatenate(parts) for name, parts in shares.items()}, codes)


def _take_names(chunk: Chunk, names: list[str], lines: list[int], problems: Problems) -> None:
    for name, line in zip(chunk.text(_COLUMN["sector"], problems), chunk.lines.tolist(), strict=True):
        if name and name in names:
            problems.at(line, "sector", f"{shown(name)} is in {problems.noun} {lines[names.index(name)]} already")
        elif SEPARATOR in name:
            problems.at(line, "sector", f"{shown(name)} has a '{SEPARATOR}', which separates names")
        elif len(names) == MOST_LABELS:
            problems.fail(line, "sector", f"is the {MOST_LABELS + 1}th; at most {MOST_LABELS} are allowed")
        names.append(name)
        lines.append(line)


def _codes(
    names: Sequence[str], lines: Sequence[int], stated: dict[str, list[str]], problems: Problems
) -> NDArray[np.uint8]:
    """Return what each supplier sector is to each buyer sector: one row of the file tells one buyer's inputs."""
    codes = np.full((len(names), len(names)), NON_ESSENTIAL, np.uint8)
    position = {name: code for code, name in enumerate(names)}
    for kind, code in _KINDS.items():
        for buyer, text in enumerate(stated[kind]):
            for name in filter(None, (part.strip() for part in text.split(SEPARATOR))):
                if name not in position:
                    problems.at(lines[buyer], kind, unknown(name, names))
                elif codes[position[name], buyer] not in (NON_ESSENTIAL, code):
                    problems.at(lines[buyer], kind, f"{shown(name)} is among the essential sectors too")
                else:
                    codes[position[name], buyer] = code
    problems.settle()
    return codes
