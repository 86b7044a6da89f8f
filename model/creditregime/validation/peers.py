"""Peers: the equilibria of firms that look at what others do."""

from __future__ import annotations
