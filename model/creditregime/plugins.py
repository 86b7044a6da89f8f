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
from importlib.abc import SourceLoader
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from creditregime.errors import ScenarioError

GROUP = "creditregime.rules"


class Rules(NamedTuple):
    """Rules as they travel to another process.

    Attributes
    ----------
    name
        Absolute path of a file, or name of a module.
    folder
        Where a module is looked for; empty where it is wherever Python finds it.
    source
        The file, as it was when it was imported.
    """

    name: str
    folder: str
    source: bytes


_LOADED: dict[tuple[str, str], tuple[ModuleType, bytes]] = {}


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
        with _told(name):
            source = _read(Path(key[0])) if is_file else b""
            module = _import_file(Path(key[0]), source) if is_file else _import_module(name, folder)
            _LOADED[key] = module, source if is_file else source_of(module)
    return _LOADED[key][0]


def loaded() -> tuple[tuple[str, str], ...]:
    """Return what `load_rules` has imported: the name (of a file its absolute path) and the folder looked from."""
    return tuple(_LOADED)


def carried() -> tuple[Rules, ...]:
    """Return what `load_rules` has imported, as it travels to another process."""
    return tuple(Rules(*key, source) for key, (_, source) in _LOADED.items())


def receive(rules: Rules) -> None:
    """Import rules of another process, whose files need not be here; modules must be.

    Raises
    ------
    ScenarioError
        One line, if a module is not here, or if this process has imported another version before.
    """
    key = (rules.name, rules.folder)
    if key not in _LOADED:
        with _told(rules.name):
            if rules.name.endswith(".py"):
                _LOADED[key] = _namesake(rules) or (_import_file(Path(rules.name), rules.source), rules.source)
            else:
                module = _import_module(rules.name, rules.folder)
                _LOADED[key] = module, source_of(module)
    if _LOADED[key][1] != rules.source:
        raise ScenarioError(f"rules {rules.name}: another version was imported before; start the process anew")


def _namesake(rules: Rules) -> tuple[ModuleType, bytes] | None:
    """Return what was imported from a file of this name in another folder: both would be the same module."""
    stem = Path(rules.name).stem
    found = (entry for (name, _), entry in _LOADED.items() if name.endswith(".py") and Path(name).stem == stem)
    return next(found, None)


def source_of(module: ModuleType) -> bytes:
    """Return the file of a module; nothing where it has none that can be read."""
    file = getattr(module, "__file__", None)
    try:
        return Path(file).read_bytes() if file else b""
    except OSError:
        return b""


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


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Say in one line what goes wrong while rules are imported."""
    try:
        yield
    except ScenarioError as error:
        raise ScenarioError(str(error) if str(error).startswith("rules ") else f"rules {name}: {error}") from None
    except Exception as error:  # it is the user's code: anything can go wrong in it
        cause = " ".join(f"{type(error).__name__}: {error}".split())
        raise ScenarioError(f"rules {name}: cannot be imported: {cause}") from None


class _Source(SourceLoader):
    """Imports a file that was read before, here or on another machine."""

    def __init__(self, path: Path, source: bytes) -> None:
        self._path, self._source = str(path), source

    def get_filename(self, fullname: str) -> str:
        return self._path

    def get_data(self, path: str | bytes) -> bytes:
        return self._source


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise ScenarioError(f"rules {path}: no such file")
    return path.read_bytes()


def _import_file(path: Path, source: bytes) -> ModuleType:
    name = f"creditregime_rules_{path.stem}"
    spec = importlib.util.spec_from_loader(name, _Source(path, source))
    assert spec is not None  # the loader can tell the file's name
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
    if not folder:
        yield
        return
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
