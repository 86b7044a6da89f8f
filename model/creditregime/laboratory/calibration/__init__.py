"""Calibration: the parameters under which a scenario gives published figures, and how uncertain they remain."""

from creditregime.laboratory.calibration.runner import Calibration, calibrate, open_calibration
from creditregime.laboratory.calibration.spec import CalibrationStudy

__all__ = ["Calibration", "CalibrationStudy", "calibrate", "open_calibration"]
