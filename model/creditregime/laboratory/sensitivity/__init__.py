"""Sensitivity: which parameters an outcome depends on, by Sobol' indices, Morris' elementary effects, or PAWN.

`sensitivity` reads a finished sweep; `factors` proposes what to vary; `sobol`, `morris` and `pawn` take any function.
SALib draws the designs and estimates Sobol' indices: ``pip install 'creditregime[sensitivity]'``.
"""

from creditregime.laboratory.sensitivity.functions import morris, pawn, sobol
from creditregime.laboratory.sensitivity.of_sweep import interactions, sensitivity
from creditregime.laboratory.sensitivity.proposals import factors

__all__ = ["factors", "interactions", "morris", "pawn", "sensitivity", "sobol"]
