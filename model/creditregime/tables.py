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
            columns[field.name] = np.full(shape, field.metadata["fill"], field.metadata["dtype"])
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
            new = np.full(shape, field.metadata["fill"], old.dtype)
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


class Log:
    """An append-only table with amortised growth; its columns are declared by a `Table` class."""

    def __init__(self, columns: type[Table]) -> None:
        self._declared = columns
        self._fills = {name: declared["fill"] for name, declared in columns.dictionary().items()}
        self._store = columns.allocate(0, {})
        self._used = 0
        self.month_ends: list[int] = []

    def __len__(self) -> int:
        """Rows appended so far."""
        return self._used

    def append(self, rows: int, **values: Any) -> slice:
        """Append `rows` rows; columns that are not named take their declared fill. Returns where they are."""
        start, stop = self._used, self._used + rows
        self._reserve(stop)
        for name, fill in self._fills.items():
            getattr(self._store, name)[start:stop] = values.get(name, fill)
        self._used = stop
        return slice(start, stop)

    def close_month(self) -> None:
        """Remember where the month ends, so that `of_month` finds its rows without a search."""
        self.month_ends.append(self._used)

    def of_month(self, month: int) -> slice:
        """Return the rows appended in a closed month (empty for months that never were)."""
        if not 0 <= month < len(self.month_ends):
            return slice(0, 0)
        return slice(self.month_ends[month - 1] if month else 0, self.month_ends[month])

    def __getitem__(self, name: str) -> Array:
        """Return a column's used part (a view)."""
        used: Array = getattr(self._store, name)[: self._used]
        return used

    def columns(self) -> dict[str, Array]:
        """Return the used part of every column, by name."""
        return {name: self[name] for name in self._fills}

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
