"""Common random numbers: every draw is a pure function of (seed, purpose, month, lane, row).

One Philox stream serves a purpose, a month and a *lane* (a topic, or an attempt). It is drawn densely over the rows of
a jurisdiction, one number a row, so switching a rule on shifts no other rule's draws, and a firm more shifts nobody's.
Everything else is an inverse-CDF transform of these uniforms. Nothing uses global random state.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from creditregime.acceleration import in_parts, kernel
from creditregime.philox import uniforms_at

Floats = NDArray[np.float32]
FEW = 120
"""A row alone costs about as much as this many rows of a dense draw."""
FEW_COMPILED = 8
"""The same where compiled code draws."""
MANY = 200_000
"""Below this number of rows a dense draw is quicker whatever is asked of it."""
BLOCK = 1 << 15
"""Numbers drawn and converted together: they stay in the processor's cache."""
_STEP = np.float32(2.0**-24)
_SMALLEST = np.float32(2.0**-25)  # half a step of the 24-bit uniforms: keeps log and the normal quantile finite


@cache
def purpose_key(purpose: str) -> int:
    """Return the 64-bit key of a purpose's name: stable across machines, versions and runs."""
    return int.from_bytes(hashlib.blake2b(purpose.encode(), digest_size=8).digest(), "little")


class Streams:
    """The random numbers of a world made of one or more jurisdictions, each with its own seed.

    Parameters
    ----------
    spans
        ``(start, stop, seed)`` for each jurisdiction: consecutive row ranges that cover all rows.
    """

    def __init__(self, spans: Sequence[tuple[int, int, int]]) -> None:
        self.spans = tuple(spans)
        self.rows = self.spans[-1][1]
        self.starts = np.array([start for start, *_ in self.spans], np.int64)
        self.seeds = np.array([seed & _WORD for *_, seed in self.spans], np.uint64)
        self._bits = np.random.Philox()
        self._source = np.random.Generator(self._bits)

    def uniform(self, purpose: str, month: int, lane: int = 0, out: Floats | None = None) -> Floats:
        """Return one uniform in [0, 1) a row, shape (N,), float32."""
        draws = np.empty(self.rows, np.float32) if out is None else out
        if (philox := kernel("philox", self.rows)) is not None:
            in_parts(philox.fill_all, self.rows, draws, self.starts, self.seeds, *named(purpose, month, lane))
            return draws
        state = _state(0, purpose, month, lane)
        for start, stop, seed in self.spans:  # many short ones where replicates run side by side
            state["state"]["key"] = (seed & _WORD, purpose_key(purpose))
            self._bits.state = state
            if stop - start < BLOCK:
                self._source.random(None, np.float32, draws[start:stop])
            else:
                self._fill(draws[start:stop])
        return draws

    def in_lanes(self, purpose: str, month: int, lanes: int) -> Floats:
        """Return the uniforms of the first lanes, shape (lanes, N), float32."""
        draws = np.empty((lanes, self.rows), np.float32)
        for lane, row in enumerate(draws):
            self.uniform(purpose, month, lane, row)
        return draws

    def _fill(self, draws: Floats) -> None:
        """Fill with the numbers of `Generator.random`; whole blocks of raw words take a third less time."""
        done = 0
        while len(draws) - done >= BLOCK:
            words = self._bits.random_raw(BLOCK // 2).view(np.uint32)
            words >>= 8
            np.multiply(words.view(np.int32), _STEP, out=draws[done : done + BLOCK], dtype=np.float32, casting="unsafe")
            done += BLOCK
        if done < len(draws):
            self._source.random(dtype=np.float32, out=draws[done:])

    def at(self, rows: NDArray[np.integer[Any]], purpose: str, month: int, lane: int = 0) -> Floats:
        """Return the uniforms of some rows: the bits that `uniform` would give them, computed alone if they are few."""
        if (philox := kernel("philox", self.rows)) is not None and len(rows) * FEW_COMPILED < self.rows:
            return philox.at(rows, self.starts, self.seeds, *named(purpose, month, lane))
        if len(self.spans) > 1 or self.rows < MANY or len(rows) * FEW > self.rows:
            return self.uniform(purpose, month, lane)[rows]
        return uniforms_at(rows, (self.spans[0][2] & _WORD, purpose_key(purpose)), lane, month)

    def below(self, chance: Floats | np.float32, purpose: str, month: int, lane: int = 0) -> NDArray[np.bool_]:
        """Return whose uniform is below its chance, (N,); `chance` is one a row, or a scalar."""
        if kernel("philox", self.rows) is None:
            return self.uniform(purpose, month, lane) < chance
        return self._below(chance, named(purpose, month, lane), np.empty((1, self.rows), np.bool_))[0]

    def below_in_lanes(self, chance: Floats | np.float32, purpose: str, month: int, out: NDArray[np.bool_]) -> None:
        """Write the same for each lane, (lanes, N), whose chances are the same."""
        if kernel("philox", self.rows) is None:
            np.less(self.in_lanes(purpose, month, len(out)), chance, out=out)
        else:
            self._below(chance, named(purpose, month), out)

    def _below(
        self, chance: Floats | np.float32, name: tuple[np.uint64, ...], out: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        each = chance if isinstance(chance, np.ndarray) else np.full(self.rows, chance)
        philox: Any = kernel("philox", self.rows)
        in_parts(philox.below, self.rows, each, self.starts, self.seeds, *name, out)
        return out

    def few(self, purpose: str, month: int, lane: int, number: int) -> Floats:
        """Return `number` uniforms a jurisdiction, (J, number): for what is drawn by region, not by firm."""
        draws = np.empty((len(self.spans), number), np.float32)
        for drawn, (*_, seed) in zip(draws, self.spans, strict=True):
            self._bits.state = _state(seed, purpose, month, lane)
            self._source.random(dtype=np.float32, out=drawn)
        return draws

    def by_lane(
        self, rows: NDArray[np.integer[Any]], lanes: NDArray[np.integer[Any]], purpose: str, month: int
    ) -> Floats:
        """Return the uniforms of some rows, each in its own lane, (n,)."""
        if (philox := kernel("philox", self.rows)) is not None:
            _, *stream = named(purpose, month)
            return philox.at_lanes(rows, lanes.astype(np.uint64), self.starts, self.seeds, *stream)
        if self.rows < MANY:
            dense: Floats = self.in_lanes(purpose, month, 1 + int(lanes.max(initial=0)))[lanes, rows]
            return dense
        draws = np.empty(len(rows), np.float32)
        for lane in np.unique(lanes):
            of_lane = np.flatnonzero(lanes == lane)
            draws[of_lane] = self.at(rows[of_lane], purpose, month, int(lane))
        return draws

    def items(self, purpose: str, counts: Sequence[int]) -> Floats:
        """Return one uniform for each of the items of every jurisdiction, in their order: drawn once, as for links."""
        parts = [
            generator(seed, purpose).random(count, dtype=np.float32)
            for (_, _, seed), count in zip(self.spans, counts, strict=True)
        ]
        return np.concatenate(parts)

    def pairs(self, purpose: str, first: NDArray[np.int64], second: NDArray[np.int64]) -> Floats:
        """Return one uniform for each pair of rows of the same jurisdiction, whatever other pairs there are."""
        draws = np.empty(len(first), np.float32)
        for start, stop, seed in self.spans:
            here = np.flatnonzero((first >= start) & (first < stop))
            key = (seed & _WORD, purpose_key(purpose))
            draws[here] = uniforms_at(first[here] - start, key, second[here] - start, 0)
        return draws

    def normal(self, purpose: str, month: int, lane: int = 0) -> Floats:
        """Return one standard normal a row, shape (N,), float32, by the quantile function."""
        draws = self.uniform(purpose, month, lane)
        in_parts(_take_quantiles, self.rows, draws)
        return draws


def _take_quantiles(begin: int, end: int, draws: Floats) -> None:
    some = draws[begin:end]
    np.maximum(some, _SMALLEST, out=some)
    ndtri(some, out=some)


def named(purpose: str, month: int, lane: int = 0) -> tuple[np.uint64, np.uint64, np.uint64]:
    """Return what names a stream to compiled code: lane, month, key of the purpose."""
    return np.uint64(lane), np.uint64(month), np.uint64(purpose_key(purpose))


def _state(seed: int, purpose: str, month: int, lane: int) -> Any:
    """Return the state of a fresh Philox; setting it costs a twentieth of making a new one."""
    start = {"counter": (0, lane, month, 0), "key": (seed & _WORD, purpose_key(purpose))}
    return {"bit_generator": "Philox", "state": start, "buffer": (0, 0, 0, 0), "buffer_pos": 4} | _NO_HALF_WORD


_WORD = 2**64 - 1
_NO_HALF_WORD = {"has_uint32": 0, "uinteger": 0}


def generator(seed: int, purpose: str, lane: int = 0) -> np.random.Generator:
    """Return the stream of a purpose outside the monthly cycle (building a population)."""
    bits = np.random.Philox()
    bits.state = _state(seed, purpose, 0, lane)
    return np.random.Generator(bits)
