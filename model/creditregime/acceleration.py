"""Which of two versions of a function works: NumPy's, or a compiled one (numba, the extra ``fast``).

Compiled kernels do what the NumPy version does, in one pass over the rows; tests hold the two to each other. They work
on long columns only: for short ones their loading would cost more than they save. The environment variable
``CREDITREGIME_COMPILED`` set to 0 switches them off.
"""

from __future__ import annotations

import importlib.util
import os
from functools import cache
from importlib import import_module
from types import ModuleType

LONG = 4_000
"""Rows from which kernels work."""
on = os.environ.get("CREDITREGIME_COMPILED") != "0"
"""Whether they work at all."""


def kernel(name: str, rows: int) -> ModuleType | None:
    """Return the module of kernels of that name if they are to work on columns of so many rows, else None."""
    if rows < LONG or not on or not _installed():
        return None
    return _loaded(name)


@cache
def _installed() -> bool:
    return importlib.util.find_spec("numba") is not None


@cache
def _loaded(name: str) -> ModuleType:
    return import_module(f"creditregime.compiled.{name}")
