"""Laboratory: the tools of analysis on problems with known answers."""

from __future__ import annotations
