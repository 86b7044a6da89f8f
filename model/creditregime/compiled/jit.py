"""How kernels are compiled."""

from __future__ import annotations

from typing import Any

import numba as nb


def compiled(function: Any) -> Any:
    """Compile a function when it is first called, and keep the code on disk where that is possible.

    Numbers are NumPy's: a division by zero is infinite, no error; nothing is reordered, so that a kernel gives the same
    bits as the NumPy version wherever it does the same operations.
    """
    try:
        return nb.njit(nogil=True, cache=True, error_model="numpy")(function)
    except RuntimeError:  # numba found no folder that it may write to
        return nb.njit(nogil=True, error_model="numpy")(function)


def inlined(function: Any) -> Any:
    """Put a function's own lines wherever a kernel calls it: for what inner loops are made of."""
    return nb.njit(error_model="numpy", inline="always")(function)
