"""The project's own presets, composed by Hydra into plain data."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.utils import JobRuntime
from hydra.errors import HydraException
from hydra.version import VersionBase
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from creditregime.component import nearest
from creditregime.errors import ScenarioError
from creditregime.paths import config_root

_NO_PRESETS = ("input_output", "parts")


@cache
def groups() -> dict[str, tuple[str, ...]]:
    """Return the preset groups and their options, from the folders of the configuration."""
    root = config_root()
    folders = sorted(path for path in root.iterdir() if path.is_dir() and path.name not in _NO_PRESETS)
    return {folder.name: tuple(sorted(file.stem for file in folder.glob("*.yaml"))) for folder in folders}


def require(group: str, option: str) -> None:
    """Raise a `ScenarioError` if a group has no such option."""
    options = groups()[group]
    if option not in options:
        hint = nearest(option, options)
        raise ScenarioError(f"{group}: unknown preset '{option}'{hint}; allowed: {', '.join(options)}")


def composed(choices: Mapping[str, str]) -> dict[str, Any]:
    """Return the configuration with the chosen option of each group."""
    return copy.deepcopy(_composed(tuple(choices.items())))


@cache  # a tenth of a second each, which `mesa.batch_run` would spend anew at every run
def _composed(choices: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    try:
        with _within_another(), initialize_config_dir(config_dir=str(config_root()), version_base="1.3"):
            config = compose("config", overrides=[_choice(*choice) for choice in choices])
    except (HydraException, OmegaConfBaseException) as error:
        raise ScenarioError(f"configs: {' '.join(str(error).split())}") from None
    data = OmegaConf.to_container(config, resolve=False)
    assert isinstance(data, dict)
    return {str(key): value for key, value in data.items()}


@contextmanager
def _within_another() -> Iterator[None]:
    """Leave the Hydra application that may be asking as it was."""
    application, name = GlobalHydra.instance().hydra, JobRuntime.instance().get("name")
    base = VersionBase.instance().version_base
    GlobalHydra.instance().clear()
    try:
        yield
    finally:
        GlobalHydra.instance().hydra = application
        JobRuntime.instance().set("name", name)
        VersionBase.instance().version_base = base


def _choice(group: str, option: str) -> str:
    """Return Hydra's override: the default groups are chosen anew, the others are added to them."""
    return f"{group}={option}" if group in ("population", "regime") else f"+{group}={option}"
