"""Shared by all tests: Hypothesis searches the same examples every time, without time limits; kernels on or off."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from creditregime import acceleration

settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
settings.load_profile("ci")


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Switch kernels on for columns of any length, or off."""
    pytest.importorskip("numba")
    monkeypatch.setattr(acceleration, "LONG", 0)

    def switch(on: bool) -> None:
        monkeypatch.setattr(acceleration, "on", on)
        assert (acceleration.kernel("philox", 1) is not None) == on

    return switch
