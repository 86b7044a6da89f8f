"""The folder of a sweep: one Parquet dataset, whatever the number of runs, that is never half-written.

==================== =========================================================================================
``study.yaml``       the study
``sweep.json``       how runs are put together, and where the results come from
``points.parquet``   one row a point: its factors, and its resolved scenario (JSON, which ``--scenario`` takes)
``runs/``            one row a run: point, seed, factors, outcomes
``months/``          one row a run and month, where the study keeps indicators
``groups/``          one row a run, dimension and group of firms, where the study keeps outcomes by group
``exits/``           one row an exit, where the study keeps them
``failures/``        one row a run that failed: its error, traceback and scenario
``unfinished/``      units of parts that are not complete; gone in the end
==================== =========================================================================================
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from creditregime import __version__
from creditregime.errors import StoreError
from creditregime.laboratory.provenance import now, provenance
from creditregime.laboratory.store import open_folder
from creditregime.laboratory.sweeps.parquet import read, read_several, rows, write, write_several
from creditregime.laboratory.sweeps.plan import Layout, Plan
from creditregime.laboratory.sweeps.study import Study
from creditregime.laboratory.sweeps.tables import Done, empty
from creditregime.paths import config_root
from creditregime.scenario import Scenario

ROWS_AT_ONCE = 1000


class Dataset:
    """The results of a sweep in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.study = Study.read(folder / "study.yaml")
        self.facts = _facts(folder)
        self.layout = _layout(folder, self.facts)
        self.kept = self.study.kept

    @classmethod
    def create(cls, folder: Path, plan: Plan, layout: Layout) -> Dataset:
        """Write a new folder with the plan and no results."""
        study = plan.study
        with open_folder(folder) as partial:
            (partial / "study.yaml").write_text(study.to_yaml(), encoding="utf-8", newline="\n")
            facts = provenance("sweep", study.first_seed, now(), code=code_digest(), layout=layout.model_dump())
            (partial / "sweep.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8", newline="\n")
            _write_points(partial / "points.parquet", plan)
            for name in (*study.kept.tables, "unfinished"):
                (partial / name).mkdir()
        return cls(folder)

    def refuse_other(self, study: Study) -> None:
        """Raise a `StoreError` where the folder holds another study's results, or those of other code."""
        if study.to_yaml() != self.study.to_yaml():
            raise StoreError(f"{self.folder}: holds the results of another study; choose a new folder")
        for name, here, what in (("creditregime", __version__, "version"), ("code", code_digest(), "code")):
            if self.facts.get(name) != here:
                raise StoreError(
                    f"{self.folder}: was made by another {what} of creditregime ({str(self.facts.get(name))[:12]}, this"
                    f" one is {here[:12]}); choose a new folder"
                )

    def factors(self) -> pd.DataFrame:
        """Return one row a point: its number and factors."""
        names = [name for name in pq.read_schema(self.folder / "points.parquet").names if name != "scenario"]
        return read(self.folder / "points.parquet", names)

    def scenario_texts(self, points: Sequence[int]) -> dict[int, str]:
        """Return the resolved scenarios (JSON) of some points."""
        file = pq.ParquetFile(self.folder / "points.parquet")
        wanted, found = set(points), {}
        for group in sorted({point // ROWS_AT_ONCE for point in wanted}):
            table = file.read_row_group(group, columns=["point", "scenario"])
            numbers = table.column("point").to_pylist()
            for number, text in zip(numbers, table.column("scenario"), strict=True):
                if number in wanted:
                    found[number] = text.as_py()
        return found

    def complete(self) -> dict[str, int]:
        """Return the parts that are complete and how many runs each holds; a damaged one is an error."""
        return {path.stem: rows(path) for path in sorted((self.folder / "runs").glob("part-*.parquet"))}

    def save_unit(self, part: str, unit: int, done: Done) -> None:
        """Make a unit durable: from here on it is not lost."""
        write_several((done[name] for name in self.kept.tables), self._unit(part, unit))

    def units(self, part: str) -> dict[int, Done]:
        """Return the units of an unfinished part that are there."""
        names = self.kept.tables
        paths = (self.folder / "unfinished").glob(f"{part}.*.unit")
        numbers = sorted(int(path.name.split(".")[1]) for path in paths)
        return {n: dict(zip(names, read_several(self._unit(part, n), len(names)), strict=True)) for n in numbers}

    def seal(self, part: str, done: Done) -> None:
        """Write a part, its runs last, and forget its units."""
        done = done | {"runs": self.factors_of(done["runs"])}
        for name in reversed(self.kept.tables):
            if name == "runs" or len(done[name]):
                write(done[name], self.folder / name / f"{part}.parquet")
        for path in (self.folder / "unfinished").glob(f"{part}.*.unit"):
            path.unlink()

    def factors_of(self, runs: pd.DataFrame) -> pd.DataFrame:
        """Return the table of runs with the factors of their points beside it."""
        if not hasattr(self, "_factors"):
            self._factors = self.factors().set_index("point")
        return runs.join(self._factors, on="point")

    @property
    def under_way(self) -> bool:
        """Whether somebody works on it, or stopped before the end."""
        return (self.folder / "unfinished").is_dir()

    def close(self) -> None:
        """Leave nothing behind but the results, if all of them are there."""
        folder = self.folder / "unfinished"
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Make room for units; nobody else may write here meanwhile."""
        with (self.folder / "sweep.json").open("rb") as file:
            try:
                _lock(file)
            except OSError:
                raise StoreError(f"{self.folder}: another process is working on this sweep") from None
            (self.folder / "unfinished").mkdir(exist_ok=True)
            for path in self.folder.glob("*/.*"):  # a write that a kill cut off
                path.unlink()
            yield

    def runs_of(self, group: int) -> pd.DataFrame:
        """Return the runs of a group of points, as far as its parts are complete."""
        paths = sorted((self.folder / "runs").glob(f"part-{group:05d}-*.parquet"))
        return pd.concat([read(path) for path in paths], ignore_index=True)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table of the dataset in the order of points and seeds."""
        paths = sorted((self.folder / name).glob("part-*.parquet"))
        none = empty(self.kept, name)
        whole = pd.concat([read(path) for path in paths] or [none], ignore_index=True)
        keys = [key for key in ("point", "seed", "month") if key in whole]
        return whole.sort_values(keys, kind="stable", ignore_index=True)

    def _unit(self, part: str, unit: int) -> Path:
        return self.folder / "unfinished" / f"{part}.{unit:04d}.unit"


def _lock(file: BinaryIO) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: nothing guards the folder there
        return
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@cache
def code_digest() -> str:
    """Return the SHA-256 of the package's code and presets."""
    digest = hashlib.sha256()
    package = Path(__file__).resolve().parents[2]
    for root, pattern in ((package, "*.py"), (config_root(), "*.yaml")):
        for path in sorted(root.rglob(pattern)):
            digest.update(f"{path.relative_to(root).as_posix()}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _layout(folder: Path, facts: Mapping[str, Any]) -> Layout:
    try:
        return Layout.model_validate(facts["layout"])
    except ValidationError:
        raise StoreError(f"{folder}: was written by another version of creditregime; run its study again") from None


def _facts(folder: Path) -> dict[str, Any]:
    try:
        facts = json.loads((folder / "sweep.json").read_text(encoding="utf-8"))
        if isinstance(facts, dict) and "layout" in facts:
            return facts
    except (OSError, ValueError):
        pass
    raise StoreError(f"{folder}: is not the folder of a sweep: sweep.json is missing or damaged")


def _write_points(path: Path, plan: Plan) -> None:
    """Write factors and scenarios, some rows at a time: many points do not fit into memory at once."""
    points, names = plan.points, plan.study.design.names
    columns = {name: _column([point.factors[name] for point in points]) for name in names}
    schema = pa.schema(
        [("point", pa.int64()), *((name, array.type) for name, array in columns.items()), ("scenario", pa.string())]
    )
    with path.open("wb") as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for first, texts in _blocks(plan.scenarios()):
            block = slice(first, first + len(texts))
            arrays = [
                pa.array(range(block.start, block.stop)),
                *(column[block] for column in columns.values()),
                pa.array(texts),
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _blocks(scenarios: Iterable[Scenario]) -> Iterator[tuple[int, list[str]]]:
    first, texts = 0, []
    for scenario in scenarios:
        texts.append(scenario.model_dump_json())
        if len(texts) == ROWS_AT_ONCE:
            yield first, texts
            first, texts = first + len(texts), []
    if texts:
        yield first, texts


def _column(values: list[Any]) -> Any:
    """Return numbers as numbers, and everything else as text: a column of a table has one type."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        whole = all(isinstance(value, int) for value in values)
        return pa.array(values, pa.int64() if whole else pa.float64())
    return pa.array([value if isinstance(value, str) else json.dumps(value) for value in values], pa.string())
