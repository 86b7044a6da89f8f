"""Where the data that ship with the package are."""

from __future__ import annotations

from pathlib import Path


def config_root() -> Path:
    """Return the folder of Hydra groups: inside an installed package, or beside ``model/`` in a source checkout."""
    packaged = Path(__file__).parent / "configs"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "configs"
