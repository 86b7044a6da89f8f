"""Contagion: what spreads along links, linearly, by thresholds, or by chance."""

from __future__ import annotations
