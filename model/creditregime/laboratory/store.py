"""Result folders: written whole or not at all, and read by anybody."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from creditregime.errors import StoreError
from creditregime.laboratory.compare import Comparison
from creditregime.laboratory.provenance import economy_digest, now
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.tournament import Tournament
from creditregime.population.economy import Economy
from creditregime.population.input_output import FILES
from creditregime.scenario import Scenario

EXAMPLES = ("example/scenario", "example/against")
"""Where a comparison's folder keeps everything about its first seed: each is the folder of a run."""


@contextmanager
def open_folder(path: str | Path) -> Iterator[Path]:
    """Yield a hidden folder to write to; it becomes `path` when all is written, and vanishes if anything fails.

    Raises
    ------
    StoreError
        One line: `path` is in use, cannot be written, or the disk is full.
    """
    target = check_folder(path)
    made = _make_parents(target.parent)
    partial = None
    try:
        partial = Path(tempfile.mkdtemp(prefix=f".{target.name[:100]}.", dir=target.parent))
        yield partial
        _publish(partial, target)
    except BaseException as error:  # whatever happens, Ctrl-C included, nothing half-written stays behind
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)
        for folder in made:
            _remove_if_empty(folder)
        if isinstance(error, OSError) and not isinstance(error, StoreError | BrokenPipeError):
            raise StoreError(f"{target}: cannot be written: {error.strerror or error}") from None
        raise


@contextmanager
def add_to_folder(path: str | Path) -> Iterator[Path]:
    """Yield a hidden folder to write to; what is in it then replaces what has the same names in an existing folder.

    ``provenance.json`` vanishes first and comes last: where it is, everything is.

    Raises
    ------
    StoreError
        One line: the folder cannot be written, or the disk is full.
    """
    target = Path(path).absolute()
    try:
        for left in target.glob(".adding.*"):  # by a process that was killed
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(prefix=".adding.", dir=target) as name:
            yield Path(name)
            for file in Path(name).rglob("*"):
                _sync(file)
            (target / "provenance.json").unlink(missing_ok=True)
            for entry in sorted(Path(name).iterdir(), key=lambda entry: entry.name == "provenance.json"):
                there = target / entry.name
                if there.is_dir():
                    shutil.rmtree(there)
                entry.replace(there)
    except OSError as error:
        if isinstance(error, StoreError | BrokenPipeError):
            raise
        raise StoreError(f"{target}: cannot be written: {error.strerror or error}") from None


@contextmanager
def open_file(path: str | Path) -> Iterator[TextIO]:
    """Yield a hidden text file to write to; it becomes `path` when all is written, and vanishes if anything fails.

    Raises
    ------
    StoreError
        One line: `path` is a folder, cannot be written, or the disk is full.
    """
    target = Path(path).absolute()
    if target.is_dir():
        raise StoreError(f"{target}: is a folder; a file is needed")
    partial = target.with_name(f".{target.name[:100]}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="utf-8", newline="") as file:
            yield file
        partial.replace(target)
    except OSError as error:
        raise StoreError(f"{target}: cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):  # it is gone if all went well, and there is nothing to tidy up if it never was
            partial.unlink()


def check_folder(path: str | Path) -> Path:
    """Return the path if a result folder can be made there, or raise a `StoreError`; leaves nothing behind."""
    target = Path(path).absolute()
    try:
        if target.is_dir() and any(target.iterdir()):
            raise StoreError(f"{target}: is in use; choose a new or an empty folder")
        if target.exists() and not target.is_dir():
            raise StoreError(f"{target}: is a file; choose a new or an empty folder")
        there = next(folder for folder in target.parents if folder.exists())
        Path(tempfile.mkdtemp(prefix=".creditregime.", dir=there)).rmdir()
    except StoreError:
        raise
    except OSError as error:
        raise StoreError(f"{target}: cannot be written: {error.strerror or error}") from None
    return target


def default_folder(command: str, title: str, root: str | Path = "results", at: datetime | None = None) -> Path:
    """Return an unused folder ``results/<command>-<scenario>-<UTC time>``, with a counter where it is taken."""
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60].strip("-")
    stamp = (at or now()).strftime("%Y%m%dT%H%M%SZ")
    first = Path(root) / "-".join(part for part in (command, slug, stamp) if part)
    path, number = first, 1
    while path.exists():
        number += 1
        path = first.with_name(f"{first.name}-{number}")
    return path


def save_tables(result: RunResult | Comparison | Tournament, path: str | Path) -> Path:
    """Write a result folder without figures and report; return its path."""
    with open_folder(path) as folder:
        write_tables(result, folder)
    return Path(path).absolute()


def write_tables(result: RunResult | Comparison | Tournament, folder: Path) -> None:
    """Write the scenario, provenance and tables of a result into an existing folder: the same run, the same bytes."""
    if isinstance(result, RunResult):
        _write_run(result, folder)
    elif isinstance(result, Tournament):
        _write_tournament(result, folder)
    else:
        _write_comparison(result, folder)


def _write_run(result: RunResult, folder: Path) -> None:
    write_scenario(folder, "scenario.yaml", result.scenario, result.economy, "economy.npz")
    if result.economy is not None:
        result.economy.save(folder / "economy.npz")
    _write_run_tables(result, folder)


def _write_run_tables(result: RunResult, folder: Path) -> None:
    write_json(folder / "provenance.json", result.provenance)
    for name, table in result.tables().items():
        write_parquet(table, folder / f"{name}.parquet")


def _write_comparison(result: Comparison, folder: Path) -> None:
    one, other = result.example
    economies: dict[str, Economy] = {}
    for run, scenario, name in ((one, result.scenario, "scenario"), (other, result.against, "against")):
        file = "economy.npz" if _same(run.economy, one.economy) else "against_economy.npz"
        if run.economy is not None:
            economies[file] = run.economy
        write_scenario(folder, f"{name}.yaml", scenario, run.economy, file)
        inner = folder / "example" / name
        inner.mkdir(parents=True)
        write_scenario(inner, "scenario.yaml", run.scenario, run.economy, f"../../{file}")
        _write_run_tables(run, inner)
    for file, economy in economies.items():
        economy.save(folder / file)
    write_json(folder / "provenance.json", result.provenance)
    for key, table in comparison_tables(result).items():
        write_parquet(table, folder / f"{key}.parquet")
    result.effects().to_csv(folder / "effects.csv", index=False, lineterminator="\n")
    result.by_group().to_csv(folder / "effects_by_group.csv", index=False, lineterminator="\n")


def _write_tournament(played: Tournament, folder: Path) -> None:
    write_scenario(folder, "scenario.yaml", played.scenario, None, "")
    write_json(folder / "provenance.json", played.provenance)
    write_parquet(played.runs, folder / "runs.parquet")
    for name, table in (("leaderboard", played.leaderboard()), ("versus", played.versus())):
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


def _same(one: Economy | None, other: Economy | None) -> bool:
    return one is other or (one is not None and other is not None and economy_digest(one) == economy_digest(other))


def comparison_tables(result: Comparison) -> dict[str, pd.DataFrame]:
    """Return the tables of a comparison by name, as its folder holds them."""
    tables = {
        "indicators": result.indicators,
        "outcomes": result.outcomes,
        "group_outcomes": result.group_outcomes,
        "fates": result.fates,
        "exits": result.exits,
        "effects": result.effects(),
        "effects_by_group": result.by_group(),
    }
    return tables | ({"twins": result.twins()} if result.paired_firms else {})


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Write a table; nothing in the file depends on when or where it was written.

    Names are written as plain text, however pandas holds them: a table that was read and is written again has the
    same bytes. (Parquet has a dictionary of its own, so that costs no space.)
    """
    text = [name for name, dtype in table.dtypes.items() if not pd.api.types.is_numeric_dtype(dtype)]
    arrow = pa.Table.from_pandas(table.astype(dict.fromkeys(text, object)), preserve_index=False)
    for position, column in enumerate(arrow.schema):
        if pa.types.is_null(column.type):  # a column of names in which nothing happened to be named
            arrow = arrow.set_column(position, column.name, arrow.column(position).cast(pa.string()))
    with path.open("wb") as file:
        pq.write_table(arrow, file, compression="zstd")


def write_scenario(folder: Path, name: str, scenario: Scenario, economy: Economy | None, file: str) -> None:
    """Write a scenario that refers to nothing outside the folder."""
    if economy is not None:
        scenario = scenario.changed({"population": {"kind": "stored", "path": file}})
    table = getattr(scenario.population, "input_output", "")
    if table.endswith(FILES):
        content = Path(table).read_bytes()
        copied = f"{Path(name).stem}_input_output{Path(table).suffix}"
        (folder / copied).write_bytes(content)
        scenario = scenario.changed({"population.input_output": copied})
    (folder / name).write_text(scenario.to_yaml(), encoding="utf-8", newline="\n")


def write_json(path: Path, facts: Mapping[str, Any]) -> None:
    """Write plain data."""
    path.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


def _make_parents(folder: Path) -> list[Path]:
    """Make a folder and its parents; return those that were not there, deepest first."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be made: {error.strerror or error}") from None
    return missing


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return


def _publish(partial: Path, target: Path) -> None:
    """Bring everything to the disk, then give it its name in one step."""
    for path in (*partial.rglob("*"), partial):
        _sync(path)
    partial.chmod(0o777 & ~_umask())
    if target.exists():
        target.rmdir()  # it is empty: checked, and rmdir refuses otherwise
    partial.rename(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():  # Windows cannot open folders
        return
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
