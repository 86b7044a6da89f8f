"""Parquet tables: columns of text or numbers, rows counted from 1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from creditregime.errors import PopulationError
from creditregime.population.chunks import CHUNK, Chunk, Marks, Problems, Reals, check_header
from creditregime.population.schema import TableColumn


def parquet_chunks(path: str, columns: Sequence[TableColumn], problems: Problems) -> Iterator[Chunk]:
    """Yield the rows of a Parquet file in chunks; whole numbers may stand where a text is wanted."""
    problems.noun = "row"
    known = {column.name: column for column in columns}
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            check_header(schema.names, columns, problems, 0)
            wanted = [name for name in schema.names if name in known]
            for name in wanted:
                _check_type(schema.field(name).type, known[name], problems)
            first = 1
            for batch in file.iter_batches(batch_size=CHUNK, columns=wanted):
                lines = np.arange(first, first + batch.num_rows, dtype=np.int64)
                first += batch.num_rows
                yield Chunk(lines, {name: _values(batch.column(name), known[name]) for name in wanted})
    except (PopulationError, MemoryError):
        raise
    except Exception as error:  # pyarrow has many ways to say that a file is damaged
        raise PopulationError(f"{path}: cannot be read as Parquet: {' '.join(str(error).split())[:200]}") from None


def _check_type(found: Any, column: TableColumn, problems: Problems) -> None:
    inner = found.value_type if pa.types.is_dictionary(found) else found
    number = pa.types.is_integer(inner) or pa.types.is_floating(inner) or pa.types.is_decimal(inner)
    text = pa.types.is_string(inner) or pa.types.is_large_string(inner)
    fits = number if column.type == "number" else text or pa.types.is_integer(inner)
    if not (fits or pa.types.is_null(inner)):
        wanted = "numbers" if column.type == "number" else "text or whole numbers"
        problems.fail(0, column.name, f"is of type {found}; {wanted} are needed")


def _values(column: Any, declared: TableColumn) -> list[str] | tuple[Reals, Marks]:
    if declared.type == "text":
        return [(text or "").strip() for text in column.cast(pa.string()).to_pylist()]
    blank = np.asarray(column.is_null().to_numpy(zero_copy_only=False), np.bool_)
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64), blank
