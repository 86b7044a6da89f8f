"""Sweeps: one scenario at many points of its parameters, with many seeds, into one dataset.

The public names are loaded when first asked for: a worker needs no designs, and would import SciPy's for nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from creditregime.laboratory.sweeps.runner import Sweep, open_sweep, sweep
    from creditregime.laboratory.sweeps.study import Study

__all__ = ["Study", "Sweep", "open_sweep", "sweep"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "study" if name == "Study" else "runner"
    return getattr(import_module(f"{__name__}.{home}"), name)
