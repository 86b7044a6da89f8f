"""Registry and lists: how long records and listings last, and what they are worth."""

from __future__ import annotations
