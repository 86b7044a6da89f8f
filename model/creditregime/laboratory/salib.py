"""SALib, which draws the designs of sensitivity analysis and estimates Sobol' indices: an extra, loaded when needed."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from creditregime.errors import CreditRegimeError


def salib(module: str, needed_by: str) -> Any:
    """Return a module of SALib, such as ``sample.morris``.

    Raises
    ------
    CreditRegimeError
        One line that says what to install.
    """
    try:
        return importlib.import_module(f"SALib.{module}")
    except ImportError:
        raise CreditRegimeError(
            f"{needed_by}: SALib is not installed; install it with: pip install 'creditregime[sensitivity]'"
        ) from None


def problem(ranges: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    """Return factors and their ranges as SALib states them."""
    return {"num_vars": len(ranges), "names": [*ranges], "bounds": [[*pair] for pair in ranges.values()]}
