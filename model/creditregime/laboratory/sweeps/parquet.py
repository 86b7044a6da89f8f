"""Tables on the disk: whole or not at all, the same bytes for the same table, read with checksums."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from creditregime.errors import StoreError


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table whole or not at all, and bring it to the disk."""
    _whole(path, lambda file: pq.write_table(arrow(table), file, compression="zstd", write_page_checksum=True))


def write_several(tables: Iterable[pd.DataFrame], path: Path) -> None:
    """Write tables into one file, whole or not at all, and bring it to the disk: quicker than a Parquet file each."""
    sink = pa.BufferOutputStream()
    for table in map(arrow, tables):
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
    data = sink.getvalue().to_pybytes()
    _whole(path, lambda file: file.write(zlib.crc32(data).to_bytes(4, "big") + data))


def _whole(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    partial = path.with_name(f".{path.name}")
    try:
        with partial.open("wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StoreError(f"{path}: cannot be written: {error.strerror or error}; finished runs are kept") from None


def arrow(table: pd.DataFrame) -> pa.Table:
    """Return a table as Arrow holds it: names as text, numbers as they are, gaps as gaps."""
    columns = {}
    for name, column in table.items():
        if pd.api.types.is_numeric_dtype(column.dtype):
            columns[str(name)] = pa.array(column, from_pandas=True)
        else:
            columns[str(name)] = pa.array(column.astype(object), pa.string(), from_pandas=True)
    return pa.table(columns)


def read(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Return a table, its checksums compared."""
    try:
        return pq.read_table(path, columns=columns, page_checksum_verification=True).to_pandas()
    except (OSError, pa.ArrowException):
        raise damaged(path) from None


def read_several(path: Path, number: int) -> list[pd.DataFrame]:
    """Return the tables of a file that `write_several` wrote, its checksum compared."""
    try:
        data = path.read_bytes()
        if zlib.crc32(data[4:]) != int.from_bytes(data[:4], "big"):
            raise damaged(path)
        source = pa.BufferReader(data[4:])
        return [pa.ipc.open_stream(source).read_pandas() for _ in range(number)]
    except (OSError, pa.ArrowException):
        raise damaged(path) from None


def rows(path: Path) -> int:
    """Return how many rows a table has; that it ends as it should is looked at."""
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowException):
        raise damaged(path) from None


def damaged(path: Path) -> StoreError:
    """Return the error about a file that cannot be read."""
    return StoreError(f"{path}: is damaged; delete this file, and the same command runs its part again")
