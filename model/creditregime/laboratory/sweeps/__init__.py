"""Sweeps: one scenario at many points of its parameters, with many seeds, into one dataset."""

from creditregime.laboratory.sweeps.runner import Sweep, open_sweep, sweep
from creditregime.laboratory.sweeps.study import Study

__all__ = ["Study", "Sweep", "open_sweep", "sweep"]
