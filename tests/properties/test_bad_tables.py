"""Bad tables: whatever a file holds, it is read, or one line says what is wrong and in which file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditregime.errors import PopulationError
from creditregime.population import Economy, Graph, Tables, read_table
from creditregime.population.schema import FIRMS, LINKS

NAMES = ["id", "size", "sector", "ownership", "group", "person", "imports", "final_demand", "export_share", "_x", "x"]
CELLS = st.sampled_from(["", "a", "b", "c", "1", "0.5", "-1", "1e40", "nan", "1,0", '"', "state", " a ", "\n", "é"])
WORDS = st.text(alphabet='abc,;"\n\r\t 01.-eE#', max_size=60)
HEADERS = st.sampled_from(["", "id,size\n", "supplier,buyer,value\n", "sector,a,domestic_final_demand\n"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


def read_or_refuse(path: Path, read: Any) -> Economy | None:
    """Read, or check that the refusal is one line that names the file; other errors pass through."""
    try:
        found: Economy = read()
    except PopulationError as error:
        line = str(error)
        assert len(line.splitlines()) == 1
        assert line.startswith(str(path)) or line.startswith(("population.", "firm ", "sector ", "graph"))
        assert len(line) < 1000 + len(str(path))
        return None
    return found


@settings(max_examples=200, deadline=None)
@given(head=HEADERS, text=WORDS | st.text(max_size=40))
def test_random_text(head: str, text: str, folder: Path) -> None:
    path = folder / "text.csv"
    path.write_bytes((head + text).encode("utf-8", "surrogatepass"))
    for read in (
        lambda: Tables(firms=str(path)).build(0),
        lambda: Tables(links=str(path)).build(0),
        lambda: read_table(str(path)),
    ):
        read_or_refuse(path, read)


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=80), suffix=st.sampled_from([".csv", ".parquet", ".graphml", ".gexf"]))
def test_random_bytes(content: bytes, suffix: str, folder: Path) -> None:
    path = folder / f"bytes{suffix}"
    path.write_bytes(content)
    if suffix in (".csv", ".parquet"):
        read_or_refuse(path, lambda: Tables(firms=str(path)).build(0))
        read_or_refuse(path, lambda: Tables(links=str(path)).build(0))
    else:
        read_or_refuse(path, lambda: Graph(path=str(path)).build(0))


@settings(max_examples=200, deadline=None)
@given(
    names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=5),
    cells=st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=6),
)
def test_random_cells(names: list[str], cells: list[list[str]], folder: Path) -> None:
    path = folder / "cells.csv"
    rows = [(row * len(names))[: len(names)] for row in cells]
    pd.DataFrame(rows, columns=names).to_csv(path, index=False)
    economy = read_or_refuse(path, lambda: Tables(firms=str(path)).build(0))
    assert economy is None or economy.firms == len(rows)


COLUMN = st.sampled_from(
    [
        pa.array([1, 2, 3]),
        pa.array(["a", "b", "c"]),
        pa.array([1.5, None, 2.0]),
        pa.array([None, None, None]),
        pa.array([True, False, None]),
        pa.array([b"\xff", b"b", b"c"]),
        pa.array([float("nan"), float("inf"), -1.0]),
        pa.array(["a", "a", None]).dictionary_encode(),
        pa.array([[1], [2], None]),
    ]
)


@settings(max_examples=150, deadline=None)
@given(columns=st.dictionaries(st.sampled_from([c.name for c in (*FIRMS, *LINKS)]), COLUMN, min_size=1, max_size=6))
def test_random_parquet(columns: dict[str, Any], folder: Path) -> None:
    path = folder / "columns.parquet"
    pq.write_table(pa.table(columns), path)
    read_or_refuse(path, lambda: Tables(firms=str(path)).build(0))
    read_or_refuse(path, lambda: Tables(links=str(path)).build(0))


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.none() | st.floats(1e-3, 1e6), min_size=2, max_size=9),
    seed=st.integers(0, 99),
    share=st.floats(0.05, 0.99),
    form=st.sampled_from(["value", "coefficient", ""]),
)
def test_any_firms_and_links_become_an_equilibrium(
    sizes: list[float | None], seed: int, share: float, form: str, folder: Path
) -> None:
    draws = np.random.Generator(np.random.PCG64(seed))
    count = len(sizes)
    firms, links = folder / "firms.csv", folder / "links.csv"
    if form != "value":
        sizes = [size or 1.0 for size in sizes]
    pd.DataFrame({"id": np.arange(count), "size": sizes}).to_csv(firms, index=False)
    supplier, buyer = np.nonzero(draws.random((count, count)) < 0.3)
    frame = pd.DataFrame({"supplier": supplier, "buyer": buyer})[supplier != buyer]
    if form:
        frame[form] = draws.lognormal(0, 3, len(frame))
    frame.to_csv(links, index=False)
    economy = Tables(firms=str(firms), links=str(links), max_input_share=share).build(0)  # validated: in equilibrium
    inputs = np.bincount(economy.buyer, economy.coefficient, count)
    assert inputs.max(initial=0) <= share * (1 + 1e-5)
    assert economy.links == len(frame)
    stated = np.array([np.nan if size is None else size for size in sizes])
    if not np.isnan(stated).all():
        kept = economy.size / economy.size[np.flatnonzero(~np.isnan(stated))[0]] * stated[~np.isnan(stated)][0]
        np.testing.assert_allclose(kept[~np.isnan(stated)], stated[~np.isnan(stated)], rtol=1e-4)


@settings(max_examples=100, deadline=None)
@given(values=st.lists(st.sampled_from(["1", "2", "", "-1", "x", "1e31", "0"]), min_size=6, max_size=6))
def test_random_input_output(values: list[str], folder: Path) -> None:
    path = folder / "io.csv"
    rows = [["a", *values[:3]], ["b", *values[3:]]]
    path.write_text("\n".join(",".join(row) for row in [["sector", "a", "b", "domestic_final_demand"], *rows]), "utf-8")
    read_or_refuse(path, lambda: read_table(str(path)))
