"""creditregime: a laboratory for corporate credit-rating regimes on a supply network.

Examples
--------
>>> import creditregime
>>> result = creditregime.run("regime=fines_only", months=12, seed=1)
>>> comparison = creditregime.compare("regime=joint_2016", seeds=2, months=12)
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from creditregime.classroom.opening import app
    from creditregime.composition import load
    from creditregime.firms.strategies import strategy
    from creditregime.laboratory.attribution import Attribution, attribute
    from creditregime.laboratory.attribution.folder import open_attribution
    from creditregime.laboratory.burn_in import burn_in
    from creditregime.laboratory.calibration import Calibration, CalibrationStudy, calibrate, open_calibration
    from creditregime.laboratory.compare import Comparison, compare
    from creditregime.laboratory.ema import ema_model
    from creditregime.laboratory.evaluation import Simulator, evaluate
    from creditregime.laboratory.ranking import Ranking, ranking
    from creditregime.laboratory.run import RunResult, run
    from creditregime.laboratory.runs_needed import runs_needed
    from creditregime.laboratory.sensitivity import factors, interactions, sensitivity
    from creditregime.laboratory.shapley import shapley
    from creditregime.laboratory.sweeps import Study, Sweep, open_sweep, sweep
    from creditregime.laboratory.sweeps.contrasts import contrasts
    from creditregime.laboratory.systemic_risk import systemic_risk
    from creditregime.laboratory.tournament import Tournament, tournament
    from creditregime.model import CreditRegime
    from creditregime.population.economy import Economy
    from creditregime.presentation.animation import animate
    from creditregime.presentation.folder import save
    from creditregime.presentation.forest_figure import forest
    from creditregime.presentation.leaderboard_figure import leaderboard
    from creditregime.presentation.phase_figure import phase_diagram
    from creditregime.presentation.replay import replay
    from creditregime.presentation.report import report
    from creditregime.presentation.response_figure import response
    from creditregime.presentation.survival_figure import survival
    from creditregime.scenario import Scenario

__version__ = "0.1.0"

__all__ = [
    "Attribution",
    "Calibration",
    "CalibrationStudy",
    "Comparison",
    "CreditRegime",
    "Economy",
    "Ranking",
    "RunResult",
    "Scenario",
    "Simulator",
    "Study",
    "Sweep",
    "Tournament",
    "__version__",
    "animate",
    "app",
    "attribute",
    "burn_in",
    "calibrate",
    "compare",
    "contrasts",
    "ema_model",
    "evaluate",
    "factors",
    "forest",
    "interactions",
    "leaderboard",
    "load",
    "open_attribution",
    "open_calibration",
    "open_sweep",
    "phase_diagram",
    "ranking",
    "replay",
    "report",
    "response",
    "run",
    "runs_needed",
    "save",
    "sensitivity",
    "shapley",
    "strategy",
    "survival",
    "sweep",
    "systemic_risk",
    "tournament",
]

_HOMES = {
    "Attribution": "laboratory.attribution",
    "Calibration": "laboratory.calibration",
    "CalibrationStudy": "laboratory.calibration",
    "Comparison": "laboratory.compare",
    "CreditRegime": "model",
    "Economy": "population.economy",
    "Ranking": "laboratory.ranking",
    "RunResult": "laboratory.run",
    "Scenario": "scenario",
    "Simulator": "laboratory.evaluation",
    "Study": "laboratory.sweeps",
    "Sweep": "laboratory.sweeps",
    "Tournament": "laboratory.tournament",
    "attribute": "laboratory.attribution",
    "animate": "presentation.animation",
    "app": "classroom.opening",
    "burn_in": "laboratory.burn_in",
    "calibrate": "laboratory.calibration",
    "compare": "laboratory.compare",
    "contrasts": "laboratory.sweeps.contrasts",
    "ema_model": "laboratory.ema",
    "evaluate": "laboratory.evaluation",
    "factors": "laboratory.sensitivity",
    "forest": "presentation.forest_figure",
    "interactions": "laboratory.sensitivity",
    "leaderboard": "presentation.leaderboard_figure",
    "load": "composition",
    "open_attribution": "laboratory.attribution.folder",
    "open_calibration": "laboratory.calibration",
    "open_sweep": "laboratory.sweeps",
    "phase_diagram": "presentation.phase_figure",
    "replay": "presentation.replay",
    "report": "presentation.report",
    "ranking": "laboratory.ranking",
    "response": "presentation.response_figure",
    "run": "laboratory.run",
    "runs_needed": "laboratory.runs_needed",
    "save": "presentation.folder",
    "sensitivity": "laboratory.sensitivity",
    "shapley": "laboratory.shapley",
    "strategy": "firms.strategies",
    "survival": "presentation.survival_figure",
    "sweep": "laboratory.sweeps",
    "systemic_risk": "laboratory.systemic_risk",
    "tournament": "laboratory.tournament",
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


class _Package(ModuleType):
    """Keeps public names what they are when Python imports a submodule of the same name: `run`, for ``python -m``."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
