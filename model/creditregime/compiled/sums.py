"""Sums of columns in double precision, in the order in which NumPy adds.

NumPy halves a column until at most 128 numbers are left, and adds these in eight lanes. Its `add.reduceat` takes the
first number by itself, its `sum` of a column that it must convert takes `BUFFER` numbers at a time. The same additions
give the same bits; what is saved is the converted column, and the column of products.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from creditregime.compiled.jit import compiled
from creditregime.compiled.philox import stop_of

BUFFER = 8192
"""Numbers that NumPy converts at a time (`numpy.getbufsize`)."""
PIECE, LANES = 128, 8


@compiled
def totals(values: Any, weight: Any, starts: Any, long: int) -> Any:
    """Return the sum of values times weight (None for 1) of each jurisdiction, (J,) float64.

    Those of at least `long` rows are added as `sum` adds, shorter ones as `add.reduceat` does.
    """
    found = np.empty(len(starts), np.float64)
    for place in range(len(starts)):
        start, stop = starts[place], stop_of(place, starts, len(values))
        if stop - start < long:
            found[place] = term(values, weight, start) + pairwise(values, weight, start + 1, stop - start - 1)
        else:
            total = 0.0
            for first in range(start, stop, BUFFER):
                total += pairwise(values, weight, first, min(BUFFER, stop - first))
            found[place] = total
    return found


@compiled
def totals_by_row(table: Any, weight: Any, starts: Any, long: int) -> Any:
    """Return the totals of each row of a table, (K, N) values, by row and jurisdiction, (K, J)."""
    found = np.empty((len(table), len(starts)), np.float64)
    for k in range(len(table)):
        found[k] = totals(table[k], weight, starts, long)
    return found


@compiled
def totals_of_each(columns: Any, starts: Any, long: int) -> Any:
    """Return the totals of a tuple of columns by column and jurisdiction, (P, J)."""
    found = np.empty((len(columns), len(starts)), np.float64)
    for number in range(len(columns)):
        found[number] = totals(columns[number], None, starts, long)
    return found


@compiled
def term(values: Any, weight: Any, row: int) -> Any:
    """Return a value times its weight: multiplied in single precision, as columns are."""
    return np.float64(values[row] if weight is None else values[row] * np.float32(weight[row]))


@compiled
def pairwise(values: Any, weight: Any, first: int, count: int) -> Any:
    """Return the sum of some consecutive terms."""
    if count > PIECE:
        half = count // 2
        half -= half % LANES
        return pairwise(values, weight, first, half) + pairwise(values, weight, first + half, count - half)
    total, whole = -0.0, count // LANES
    if whole:
        total = in_lanes(values, weight, first, whole)
    for row in range(first + LANES * whole, first + count):
        total += term(values, weight, row)
    return total


def _in_lanes(_: Any, values: Any, weight: Any, first: Any, times: Any) -> Any:
    """Return the sum of some times eight terms, lane by lane: a vector of the processor's, for which numba has no name.

    Written as eight variables it would take five times as long.
    """
    single, double = (ir.VectorType(number, LANES) for number in (ir.FloatType(), ir.DoubleType()))

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        def load(number: int, at: Any, kind: Any) -> Any:
            array = context.make_array(signature.args[number])(context, builder, arguments[number])
            where = builder.bitcast(builder.gep(array.data, [at]), ir.VectorType(kind, LANES).as_pointer())
            return builder.load(where, align=1)

        def terms(at: Any) -> Any:
            found = load(0, at, ir.FloatType())
            if signature.args[1] == types.none:
                return builder.fpext(found, double)
            if signature.args[1].dtype == types.boolean:
                factor = builder.uitofp(load(1, at, ir.IntType(8)), single)
            else:
                factor = load(1, at, ir.FloatType())
            return builder.fpext(builder.fmul(found, factor), double)

        start, step = arguments[2], ir.Constant(ir.IntType(64), LANES)
        total: Any = cgutils.alloca_once_value(builder, terms(start))  # type: ignore[no-untyped-call]
        stop = builder.add(start, builder.mul(arguments[3], step))
        with cgutils.for_range_slice(builder, builder.add(start, step), stop, step) as (at, _):
            builder.store(builder.fadd(builder.load(total), terms(at)), total)
        lanes = [builder.extract_element(builder.load(total), ir.Constant(ir.IntType(32), k)) for k in range(LANES)]
        while len(lanes) > 1:
            lanes = [builder.fadd(*pair) for pair in zip(lanes[::2], lanes[1::2], strict=True)]
        return lanes[0]

    return types.float64(values, weight, types.int64, types.int64), code


in_lanes: Any = intrinsic(_in_lanes)
