"""Patterns: stylised facts of the literature, as signed effects in the full model."""

from __future__ import annotations
