"""Where the firms of a drawn network stand: one disc a sector, its largest firm in the middle.

The places depend on sectors and initial revenue alone, never on what happened in the run, so that two worlds can be
laid side by side and compared firm by firm. Nothing is random.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    from creditregime.laboratory.run import RunResult

MOST_FIRMS = 300
MOST_LINKS = 900
_SPREAD = 0.62
"""Radius of the disc of one firm."""
_GOLDEN = np.pi * (3 - np.sqrt(5))
"""Angle between one seed of a sunflower and the next: fills a disc evenly."""


@dataclass(frozen=True, eq=False)
class Places:
    """The firms to draw.

    Attributes
    ----------
    rows : (n,)
        Rows of the firms in the run's table.
    at : (n, 2)
        Where each stands.
    centres
        Where each sector's name is written.
    of
        Number of firms of which these are the best connected.
    """

    rows: NDArray[np.int64]
    at: NDArray[np.float64]
    centres: dict[str, tuple[float, float]]
    of: int

    def bounds(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the limits of the picture, room for names and large marks included: across and up."""
        names = np.array([*self.centres.values()])
        every = np.concatenate([self.at, names])
        (left, low), (right, high) = every.min(axis=0), every.max(axis=0)
        half = _LABEL / 2
        across = (min(left, names[:, 0].min() - half) - 1, max(right, names[:, 0].max() + half) + 1)
        return across, (low - 1.5, high + 2.6)


def arrange(results: Sequence[RunResult], most: int = MOST_FIRMS) -> Places:
    """Return places for the firms with the most partners, counted over all the results."""
    firms = results[0].firms
    degree = sum((_degree(result) for result in results), np.zeros(len(firms), np.int64))
    size = firms["size"].to_numpy(dtype=float)
    order = np.lexsort((-size, -degree))  # by degree, then by size; ties stay in the order of rows
    return place_firms(firms, np.sort(order[:most]))


def place_firms(firms: pd.DataFrame, rows: NDArray[np.int64], wide: float = 1.5) -> Places:
    """Return places for some rows of a table of firms, which holds ``sector`` and ``size``.

    The wider, the fewer rows of discs there are: `wide` is the width relative to a square of the same area.
    """
    size = firms["size"].to_numpy(dtype=float)
    sector = firms["sector"].astype(str).to_numpy()[rows]
    names, number = _by_count(sector)
    centres = _centres(names, number, wide)
    at = np.zeros((len(rows), 2))
    for name in names:
        inside = np.flatnonzero(sector == name)
        inside = inside[np.argsort(-size[rows[inside]], kind="stable")]
        at[inside] = np.array(centres[name]) + _sunflower(len(inside))
    labels = {name: (x, y + _radius(number[name]) + 0.9) for name, (x, y) in centres.items()}
    return Places(rows, at, labels, len(firms))


def drawn_links(result: RunResult, places: Places, most: int = MOST_LINKS) -> pd.DataFrame:
    """Return the largest active links between drawn firms, as positions in `places`, columns ``a`` and ``b``."""
    position = np.full(places.of, -1)
    position[places.rows] = np.arange(len(places.rows))
    links = result.links[result.links["active"].astype(bool)]
    a, b = position[links["buyer"].to_numpy()], position[links["supplier"].to_numpy()]
    value = links["coefficient"].to_numpy() * result.firms["size"].to_numpy()[links["buyer"].to_numpy()]
    frame = pd.DataFrame({"a": a, "b": b, "value": value})
    frame = frame[(frame["a"] >= 0) & (frame["b"] >= 0)]
    return frame.sort_values("value", ascending=False, kind="stable").head(most).reset_index(drop=True)


def _degree(result: RunResult) -> NDArray[np.int64]:
    links, firms = result.links, len(result.firms)
    ends = [np.bincount(links[end].to_numpy(np.int64), minlength=firms) for end in ("buyer", "supplier")]
    total: NDArray[np.int64] = ends[0] + ends[1]
    return total


def _by_count(sector: NDArray[Any]) -> tuple[list[str], dict[str, int]]:
    number = {str(name): int(count) for name, count in zip(*np.unique(sector, return_counts=True), strict=True)}
    return sorted(number, key=lambda name: (-number[name], name)), number


def _centres(names: Sequence[str], number: dict[str, int], wide: float) -> dict[str, tuple[float, float]]:
    """Fill rows of about equal width with discs, largest first, each row centred."""
    gap = 1.6
    area = sum((2 * _radius(number[name]) + gap) ** 2 for name in names)
    width = wide * np.sqrt(area)
    rows: list[list[str]] = [[]]
    used = 0.0
    for name in names:
        across = max(2 * _radius(number[name]), _LABEL) + gap
        if rows[-1] and used + across > width:
            rows.append([])
            used = 0.0
        rows[-1].append(name)
        used += across
    centres: dict[str, tuple[float, float]] = {}
    y = 0.0
    for row in rows:
        tall = max(_radius(number[name]) for name in row)
        y -= tall
        total = sum(max(2 * _radius(number[name]), _LABEL) + gap for name in row)
        x = -total / 2
        for name in row:
            half = (max(2 * _radius(number[name]), _LABEL) + gap) / 2
            centres[name] = (x + half, y)
            x += 2 * half
        y -= tall + gap + 1.6  # the names of the next row stand in between
    return centres


_LABEL = 6.0
"""Room for a sector's name, in the layout's unit (the distance between neighbouring firms is about 1)."""


def _radius(number: int) -> float:
    return _SPREAD * float(np.sqrt(number))


def _sunflower(number: int) -> NDArray[np.float64]:
    step = np.arange(number)
    radius, angle = _SPREAD * np.sqrt(step), step * _GOLDEN
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
