"""Rules and strategies from outside the package: other installed packages, and files that a user names.

Nothing else can bring code in: configuration files are data. An installed package declares its module under the entry
point group ``creditregime.rules``; a user names a module or a file on the command line. Importing it is enough, as a
rule declares itself by being subclassed and a strategy by its decorator.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from creditregime.errors import ScenarioError

GROUP = "creditregime.rules"
_LOADED: dict[tuple[str, str], ModuleType] = {}


def load_rules(name: str, folder: str | None = None) -> ModuleType:
    """Import the module or the ``.py`` file that a user named; again and again it stays the same module.

    Parameters
    ----------
    name
        Name of a module, or path of a file.
    folder
        Where to look from; by default the working folder.

    Raises
    ------
    ScenarioError
        One line, if it is not there or cannot be imported.
    """
    folder = folder or str(Path.cwd())
    is_file = name.endswith(".py")
    key = (str((Path(folder) / name).resolve()) if is_file else name, folder)
    if key not in _LOADED:
        try:
            _LOADED[key] = _import_file(Path(key[0])) if is_file else _import_module(name, folder)
        except ScenarioError as error:
            raise ScenarioError(str(error) if str(error).startswith("rules ") else f"rules {name}: {error}") from None
        except Exception as error:  # it is the user's code: anything can go wrong in it
            cause = " ".join(f"{type(error).__name__}: {error}".split())
            raise ScenarioError(f"rules {name}: cannot be imported: {cause}") from None
    return _LOADED[key]


def loaded() -> tuple[tuple[str, str], ...]:
    """Return what `load_rules` has imported: the name (of a file its absolute path) and the folder looked from."""
    return tuple(_LOADED)


@cache
def discover() -> tuple[str, ...]:
    """Import the modules that installed packages declare, once; return their names. A broken one only warns."""
    names = []
    for point in entry_points(group=GROUP):
        try:
            point.load()
            names.append(point.name)
        except Exception as error:  # a stranger's package must not stop those who do not use it
            warnings.warn(f"rules of the installed package '{point.name}' cannot be used: {error}", stacklevel=2)
    return tuple(names)


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ScenarioError(f"rules {path}: no such file")
    name = f"creditregime_rules_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None  # the suffix is .py
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # classes look up their module while they are made
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _import_module(name: str, folder: str) -> ModuleType:
    with _found_in(folder):
        return importlib.import_module(name)


@contextmanager
def _found_in(folder: str) -> Iterator[None]:
    """Let modules beside the user be found, as ``python -m`` does and a console script does not."""
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
