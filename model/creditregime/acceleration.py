"""Which of two versions of a function works: NumPy's, or a compiled one (numba, the extra ``fast``).

Compiled kernels do what the NumPy version does, in one pass over the rows; tests hold the two to each other. They work
on long columns only: for short ones their loading would cost more than they save. The environment variable
``CREDITREGIME_COMPILED`` set to 0 switches them off.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import import_module
from itertools import pairwise
from types import ModuleType
from typing import Any

LONG = 4_000
"""Rows from which kernels work."""
WIDE = 200_000
"""Rows from which several threads share a kernel's work."""
PIECE = 8192
"""Threads take whole pieces of so many rows."""
on = os.environ.get("CREDITREGIME_COMPILED") != "0"
"""Whether they work at all."""
threads = int(os.environ.get("CREDITREGIME_THREADS", "0")) or min(os.cpu_count() or 1, 8)
"""Threads that share a kernel's work; results do not depend on their number."""


def kernel(name: str, rows: int) -> ModuleType | None:
    """Return the module of kernels of that name if they are to work on columns of so many rows, else None."""
    return _loaded(name) if rows >= LONG and on else None


@cache
def _loaded(name: str) -> ModuleType | None:
    return import_module(f"creditregime.compiled.{name}") if importlib.util.find_spec("numba") else None


def in_parts(work: Callable[..., Any], rows: int, *arguments: Any) -> None:
    """Call a kernel for all rows, ``work(begin, end, *arguments)``; several threads take a part each of long columns.

    The kernel must write the rows from `begin` to `end` only, and nothing that another part reads.
    """
    if threads == 1 or rows < WIDE:
        work(0, rows, *arguments)
        return
    pieces = -(-rows // PIECE)
    bounds = [min(rows, PIECE * (pieces * part // threads)) for part in range(threads + 1)]
    waiting = [_pool(threads).submit(work, *bound, *arguments) for bound in pairwise(bounds)]
    for part in waiting:
        part.result()


@cache
def _pool(workers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers, "creditregime")
