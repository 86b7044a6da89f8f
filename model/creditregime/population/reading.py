"""Tables from files: CSV or Parquet, in chunks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from creditregime.errors import PopulationError
from creditregime.population.chunks import Chunk, Problems
from creditregime.population.reading_csv import csv_chunks
from creditregime.population.schema import TableColumn


def read(path: str, key: str, columns: Sequence[TableColumn], problems: Problems) -> Iterator[Chunk]:
    """Yield the rows of a CSV or Parquet table in chunks.

    Parameters
    ----------
    path
        The file, ``.csv`` or ``.parquet``.
    key
        The scenario's key that names it, for messages about a file that is not there.
    columns
        What the table may and must have.
    problems
        Collects what is wrong in rows; what is wrong with the file as a whole is raised at once.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in (".csv", ".parquet"):
        raise PopulationError(f"{key}: '{path}' is not a table; a .csv or .parquet file is needed")
    refuse_missing(path, key)
    try:
        for chunk in _reader(suffix)(path, columns, problems):
            yield chunk
            problems.check()
    except OSError as error:
        raise PopulationError(f"{path}: cannot be read: {' '.join(str(error.strerror or error).split())}") from None


def _reader(suffix: str) -> Callable[[str, Sequence[TableColumn], Problems], Iterator[Chunk]]:
    if suffix == ".csv":
        return csv_chunks
    from creditregime.population.reading_parquet import parquet_chunks  # pyarrow is slow to import

    return parquet_chunks


def refuse_missing(path: str, key: str) -> None:
    """Refuse what is not a file."""
    if os.path.isdir(path):
        raise PopulationError(f"{key}: '{path}' is a folder; a file is needed")
    if not os.path.isfile(path):  # pathlib's lets errors of impossible names through
        raise PopulationError(f"{key}: no file '{path}'")
