"""Tables of arrays: each column declared once with its dtype, unit and meaning."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]


def column(dtype: DTypeLike, unit: str, meaning: str, *, per: tuple[str, ...] = (), fill: float = 0) -> Any:
    """Declare a column: a real ndarray of shape ``(*per, rows)``.

    Parameters
    ----------
    dtype, unit, meaning
        What is stored; the reference page and the data dictionary of a result folder are made from these.
    per
        Leading dimensions by name (``("topic",)`` gives topic-major state of shape (K, N)).
    fill
        Value of every row at the start.
    """
    metadata = {"dtype": np.dtype(dtype), "unit": unit, "meaning": meaning, "per": per, "fill": fill}
    return dataclasses.field(metadata=metadata)


@dataclasses.dataclass(eq=False)
class Table:
    """A group of columns with one row each for the same things."""

    @classmethod
    def allocate(cls, rows: int, dimensions: Mapping[str, int]) -> Self:
        """Return a table of `rows` rows, every column filled with its declared start value."""
        columns = {}
        for field in dataclasses.fields(cls):
            shape = (*(dimensions[name] for name in field.metadata["per"]), rows)
            columns[field.name] = _filled(shape, field.metadata["fill"], field.metadata["dtype"])
        return cls(**columns)

    def reshape(self, dimension: str, dimensions: Mapping[str, int], kept: Sequence[int] | None = None) -> None:
        """Give the columns with a leading dimension its new length.

        Parameters
        ----------
        dimension
            Name of the dimension.
        dimensions
            Lengths of all dimensions.
        kept
            For each new entry the old one whose values it takes, -1 for the declared start value; by default, entries
            keep their places if the length is the same, and start anew if it is not.
        """
        for field in dataclasses.fields(self):
            per = field.metadata["per"]
            old: Array = getattr(self, field.name)
            if dimension not in per:
                continue
            axis, length = per.index(dimension), dimensions[dimension]
            if kept is None and old.shape[axis] == length:
                continue
            shape = (*(dimensions[name] for name in per), old.shape[-1])
            new = _filled(shape, field.metadata["fill"], old.dtype)
            for to, source in enumerate(kept or ()):
                if source >= 0:
                    np.moveaxis(new, axis, 0)[to] = np.moveaxis(old, axis, 0)[source]
            setattr(self, field.name, new)

    @classmethod
    def dictionary(cls) -> dict[str, Mapping[str, Any]]:
        """Return the declaration of every column, by name."""
        return {field.name: field.metadata for field in dataclasses.fields(cls)}

    @property
    def nbytes(self) -> int:
        """Bytes held by the columns."""
        return sum(getattr(self, field.name).nbytes for field in dataclasses.fields(self))


def _filled(shape: tuple[int, ...], fill: float, dtype: DTypeLike) -> Array:
    """Return a new column; the system gives one of zeros no memory where nobody ever writes to it."""
    return np.full(shape, fill, dtype) if fill else np.zeros(shape, dtype)


class Appended:
    """Rows in the order in which they were appended, and where each month ends; a `Table` declares the columns."""

    def __init__(self, columns: type[Table]) -> None:
        declared = columns.dictionary()
        self._fills = {name: column["fill"] for name, column in declared.items()}
        self._types: dict[str, np.dtype[Any]] = {name: column["dtype"] for name, column in declared.items()}
        self._used = 0
        self.month_ends: list[int] = []

    def __len__(self) -> int:
        """Rows appended so far."""
        return self._used

    def __getitem__(self, name: str) -> Array:
        """Return a column."""
        raise NotImplementedError

    def columns(self) -> dict[str, Array]:
        """Return every column, by name."""
        return {name: self[name] for name in self._fills}

    def close_month(self) -> None:
        """Remember where the month ends, so that `of_month` finds its rows without a search."""
        self.month_ends.append(self._used)

    def of_month(self, month: int) -> slice:
        """Return the rows appended in a closed month (empty for months that never were)."""
        if not 0 <= month < len(self.month_ends):
            return slice(0, 0)
        return slice(self.month_ends[month - 1] if month else 0, self.month_ends[month])


class Log(Appended):
    """An append-only table whose rows can be written to; it grows with amortised cost."""

    def __init__(self, columns: type[Table]) -> None:
        super().__init__(columns)
        self._store = columns.allocate(0, {})

    def append(self, rows: int, **values: Any) -> slice:
        """Append `rows` rows; columns that are not named take their declared fill. Returns where they are."""
        start, stop = self._used, self._used + rows
        self._reserve(stop)
        for name, fill in self._fills.items():
            getattr(self._store, name)[start:stop] = values.get(name, fill)
        self._used = stop
        return slice(start, stop)

    def __getitem__(self, name: str) -> Array:
        """Return a column's used part (a view)."""
        used: Array = getattr(self._store, name)[: self._used]
        return used

    @property
    def nbytes(self) -> int:
        """Bytes reserved."""
        return self._store.nbytes

    def _reserve(self, rows: int) -> None:
        held = len(getattr(self._store, next(iter(self._fills))))
        if rows <= held:
            return
        for name in self._fills:  # one after the other, and what is not used yet takes no memory
            grown = np.empty(max(rows, held + held // 2, 1024), self[name].dtype)
            grown[: self._used] = self[name]
            setattr(self._store, name, grown)


class Journal(Appended):
    """A log of which only whole columns are read, and nothing is changed: it is kept piece by piece, as it came.

    What is the same for all rows of an append is kept once, the rest in the narrower of its own type and the declared
    one: about half of what a table takes. A column is put together when someone reads it, and kept until the next
    append.
    """

    def __init__(self, columns: type[Table]) -> None:
        super().__init__(columns)
        self._stops: list[int] = []
        self._pieces: list[dict[str, Any]] = []
        self._read: dict[str, Array] = {}

    def append(self, rows: int, **values: Any) -> None:
        """Append `rows` rows; columns that are not named take their declared fill."""
        for name, value in values.items():
            if isinstance(value, np.ndarray):
                values[name] = _narrow(value, self._types[name])
        self._pieces.append(values)
        self._used += rows
        self._stops.append(self._used)
        self._read = {}

    def __getitem__(self, name: str) -> Array:
        """Return a column; not to be written to."""
        if name not in self._read:
            whole, start, fill = np.empty(self._used, self._types[name]), 0, self._fills[name]
            for stop, piece in zip(self._stops, self._pieces, strict=True):
                whole[start:stop] = piece.get(name, fill)
                start = stop
            self._read[name] = whole
        return self._read[name]

    @property
    def nbytes(self) -> int:
        """Bytes of what is kept row by row."""
        values = (value for piece in self._pieces for value in piece.values())
        return sum(value.nbytes for value in values if isinstance(value, np.ndarray))


def _narrow(values: Array, declared: np.dtype[Any]) -> Array:
    """Return a copy of values in their own type or in the declared one, whichever is narrower."""
    return values.astype(values.dtype if values.dtype.itemsize < declared.itemsize else declared)
