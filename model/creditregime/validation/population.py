"""Population: published regularities of firms and supply networks."""

from __future__ import annotations
