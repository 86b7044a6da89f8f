"""The result folder: tables, figures and report, published together or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from creditregime.errors import StoreError
from creditregime.laboratory.attribution import Attribution
from creditregime.laboratory.attribution.folder import write_attribution
from creditregime.laboratory.compare import Comparison
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.store import add_to_folder, open_folder, write_tables
from creditregime.laboratory.tournament import Tournament
from creditregime.presentation import attribution_tables, tables
from creditregime.presentation.figures import figures
from creditregime.presentation.report import report
from creditregime.presentation.style import Picture


def save(result: RunResult | Comparison | Attribution | Tournament, path: str | Path) -> Path:
    """Write a result folder and return its absolute path.

    It holds the scenario, provenance and tables, ``figures/`` (PNG and SVG), ``report.html``, and for a comparison
    ``effects.tex``, for an attribution ``shares.tex``. Nothing appears at `path` before everything is written.

    Parameters
    ----------
    result
        A run, a comparison, an attribution or a tournament.
    path
        A folder that does not exist or is empty; or, for an attribution, the folder in which its runs are kept.

    Raises
    ------
    StoreError
        One line: the folder is in use, cannot be written, or the disk is full.
    """
    with _opened(result, Path(path).absolute()) as folder:
        if isinstance(result, Attribution):
            write_attribution(result, folder)
        else:
            write_tables(result, folder)
        pictures = figures(result)
        write_pictures(pictures, folder / "figures")
        if isinstance(result, Comparison):
            _write(folder / "effects.tex", tables.to_latex(result))
        elif isinstance(result, Attribution):
            _write(folder / "shares.tex", attribution_tables.to_latex(result))
        _write(folder / "report.html", report(result, pictures))
    return Path(path).absolute()


def write_pictures(pictures: Iterable[Picture], path: str | Path) -> Path:
    """Write figures into a folder, as PNG and SVG; return its absolute path.

    Raises
    ------
    StoreError
        One line: the folder cannot be written.
    """
    folder = Path(path).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for picture in pictures:
            (folder / f"{picture.name}.png").write_bytes(picture.png)
            (folder / f"{picture.name}.svg").write_bytes(picture.svg)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be written: {error.strerror or error}") from None
    return folder


def _opened(result: RunResult | Comparison | Attribution | Tournament, path: Path) -> AbstractContextManager[Path]:
    inside = isinstance(result, Attribution) and result.folder == path
    return add_to_folder(path) if inside else open_folder(path)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
