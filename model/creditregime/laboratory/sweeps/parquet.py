"""Tables on the disk: whole or not at all, the same bytes for the same table, read with checksums."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from creditregime.errors import StoreError


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table whole or not at all, and bring it to the disk."""
    partial = path.with_name(f".{path.name}")
    try:
        with partial.open("wb") as file:
            pq.write_table(_arrow(table), file, compression="zstd", write_page_checksum=True)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StoreError(f"{path}: cannot be written: {error.strerror or error}; finished runs are kept") from None


def _arrow(table: pd.DataFrame) -> pa.Table:
    text = [name for name, kind in table.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
    kinds = {n: getattr(kind, "numpy_dtype", kind) for n, kind in table.dtypes.items()}  # of columns with gaps, too
    fields = [(str(n), pa.string() if n in text else pa.from_numpy_dtype(kinds[n])) for n in table.columns]
    arrow = pa.Table.from_pandas(
        table.astype(dict.fromkeys(text, object)), schema=pa.schema(fields), preserve_index=False
    )
    return arrow.replace_schema_metadata(None)


def read(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Return a table, its checksums compared."""
    try:
        return pq.read_table(path, columns=columns, page_checksum_verification=True).to_pandas()
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
