"""creditregime: a laboratory for corporate credit-rating regimes on a supply network.

Examples
--------
>>> import creditregime
>>> result = creditregime.run("regime=fines_only", months=12, seed=1)
>>> comparison = creditregime.compare("regime=joint_2016", seeds=2, months=12)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from creditregime.composition import load
    from creditregime.firms.strategies import strategy
    from creditregime.laboratory.calibration import Calibration, CalibrationStudy, calibrate, open_calibration
    from creditregime.laboratory.compare import Comparison, compare
    from creditregime.laboratory.ranking import Ranking, ranking
    from creditregime.laboratory.run import RunResult, run
    from creditregime.laboratory.shapley import shapley
    from creditregime.laboratory.sweeps import Study, Sweep, open_sweep, sweep
    from creditregime.laboratory.systemic_risk import systemic_risk
    from creditregime.model import CreditRegime
    from creditregime.population.economy import Economy
    from creditregime.presentation.folder import save
    from creditregime.scenario import Scenario

__version__ = "0.1.0"

__all__ = [
    "Calibration",
    "CalibrationStudy",
    "Comparison",
    "CreditRegime",
    "Economy",
    "Ranking",
    "RunResult",
    "Scenario",
    "Study",
    "Sweep",
    "__version__",
    "calibrate",
    "compare",
    "load",
    "open_calibration",
    "open_sweep",
    "ranking",
    "run",
    "save",
    "shapley",
    "strategy",
    "sweep",
    "systemic_risk",
]

_HOMES = {
    "Calibration": "laboratory.calibration",
    "CalibrationStudy": "laboratory.calibration",
    "Comparison": "laboratory.compare",
    "CreditRegime": "model",
    "Economy": "population.economy",
    "Ranking": "laboratory.ranking",
    "RunResult": "laboratory.run",
    "Scenario": "scenario",
    "Study": "laboratory.sweeps",
    "Sweep": "laboratory.sweeps",
    "calibrate": "laboratory.calibration",
    "compare": "laboratory.compare",
    "load": "composition",
    "open_calibration": "laboratory.calibration",
    "open_sweep": "laboratory.sweeps",
    "ranking": "laboratory.ranking",
    "run": "laboratory.run",
    "save": "presentation.folder",
    "shapley": "laboratory.shapley",
    "strategy": "firms.strategies",
    "sweep": "laboratory.sweeps",
    "systemic_risk": "laboratory.systemic_risk",
}
"""Where the public names live: loaded when first asked for, as Mesa, pandas and Hydra take seconds to import."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
