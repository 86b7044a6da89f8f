"""What an analysis of finished results leaves behind: one table as a file, or a folder with tables and figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from creditregime.laboratory.burn_in import Series
from creditregime.laboratory.store import check_folder, open_file, open_folder
from creditregime.presentation.burn_in_figure import burn_in_figure
from creditregime.presentation.folder import write_pictures
from creditregime.presentation.sensitivity_figure import sensitivity_figure
from creditregime.presentation.sensitivity_table import sensitivity_latex
from creditregime.presentation.style import Picture

MOST_WORLDS = 12
"""Worlds of which burn-in is drawn into a folder, the first of a result."""


def check_place(path: Path | None) -> None:
    """Refuse a folder that is in use before anything is computed."""
    if path is not None and path.suffix != ".csv":
        check_folder(path)


def save_sensitivity(table: pd.DataFrame, path: str | Path, pairs: pd.DataFrame | None = None) -> Path:
    """Write a sensitivity analysis and return the absolute path; nothing appears there before all is written.

    Parameters
    ----------
    table, pairs
        As `laboratory.sensitivity.sensitivity` and `interactions` return them.
    path
        A file ending in ``.csv``, for the table alone; or a folder that does not exist or is empty, for
        ``sensitivity.csv``, ``interactions.csv`` (with `pairs`), ``sensitivity.tex``, and ``figures/`` with a PNG and
        an SVG an outcome.

    Raises
    ------
    StoreError
        One line: the place is in use, cannot be written, or the disk is full.
    """
    tables = {"sensitivity": table} | ({} if pairs is None else {"interactions": pairs})
    drawn = (sensitivity_figure(table, outcome) for outcome in table["outcome"].unique())
    return _save(Path(path), tables, {"sensitivity.tex": sensitivity_latex(table)}, drawn)


def save_burn_in(table: pd.DataFrame, indicators: Sequence[Series], path: str | Path) -> Path:
    """Write a table of burn-ins, and figures, and return the absolute path; whole or not at all.

    Parameters
    ----------
    table
        As `laboratory.burn_in.burn_in` returns it.
    indicators
        The series that it is made from, as `laboratory.burn_in.series` yields them.
    path
        A file ending in ``.csv``, for the table alone; or a folder that does not exist or is empty, for ``burn_in.csv``
        and ``figures/`` with a PNG and an SVG a world, of the first twelve.

    Raises
    ------
    StoreError
        One line: the place is in use, cannot be written, or the disk is full.
    """
    worlds: dict[str, list[Series]] = {}
    for item in indicators:
        worlds.setdefault("-".join(["burn-in", *map(str, item.world.values())]), []).append(item)
    drawn = (burn_in_figure(worlds[name], name) for name in [*worlds][:MOST_WORLDS])
    return _save(Path(path), {"burn_in": table}, {}, drawn)


def _save(target: Path, tables: Mapping[str, pd.DataFrame], texts: Mapping[str, str], drawn: Iterable[Picture]) -> Path:
    """Write the first table to a file, or all of it to a folder."""
    if target.suffix == ".csv":
        with open_file(target) as file:
            next(iter(tables.values())).to_csv(file, index=False, lineterminator="\n")
        return target.absolute()
    with open_folder(target) as folder:
        for name, table in tables.items():
            table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        write_pictures(drawn, folder / "figures")
    return target.absolute()
