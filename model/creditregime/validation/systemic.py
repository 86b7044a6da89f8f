"""Systemic risk: what one closed firm costs the economy."""

from __future__ import annotations
