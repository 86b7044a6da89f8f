"""Tables that are written and read back, input-output tables as CSV, paths beside a scenario, graphs without money."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
import yaml

from creditregime import CreditRegime, Scenario, cli, load
from creditregime.cli import common
from creditregime.errors import PopulationError
from creditregime.laboratory.archive import read
from creditregime.laboratory.export import export_population, tables_of
from creditregime.laboratory.store import save_tables
from creditregime.population import Economy, Generated, Graph, Population, Tables, balancing, combine, read_table
from creditregime.population.economy import columns
from creditregime.population.schema import TABLES, rows
from creditregime.validation.firm_statistics import flow_error
from tests.helpers import bare
from tests.oracles.test_esri import PRINTED, example

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "twenty_firms"


def assert_close(one: Economy, other: Economy) -> None:
    for declared in columns():
        mine, theirs = getattr(one, declared.name), getattr(other, declared.name)
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-6, err_msg=declared.name)
    assert (one.sectors, one.regions, one.starts) == (other.sectors, other.regions, other.starts)


# Round trips


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize(("firms", "seed"), [(60, 1), (700, 4)])
def test_what_is_exported_is_read_back(tmp_path: Path, suffix: Any, firms: int, seed: int) -> None:
    spec = load(population="classroom", seed=seed, **{"population.firms": firms})
    folder = export_population(spec, tmp_path / "out", suffix)
    back = Scenario.read(folder / "scenario.yaml")
    economy = back.population.build(0)
    assert_close(spec.population.build(seed), economy)
    assert economy.notes == ()
    assert back.rating == spec.rating
    assert not [path.name for path in tmp_path.iterdir() if path.name != "out"]


def test_a_graph_is_exported_too(tmp_path: Path) -> None:
    nx.write_graphml(nx.gnp_random_graph(30, 0.1, seed=3, directed=True), tmp_path / "g.graphml")
    spec = Scenario().changed({"population": {"kind": "graph", "path": str(tmp_path / "g.graphml")}})
    folder = export_population(spec, tmp_path / "out")
    assert_close(spec.population.build(0), Scenario.read(folder / "scenario.yaml").population.build(0))


def test_what_a_table_cannot_hold_is_refused() -> None:
    economy = Generated(firms=20).build(0)
    with pytest.raises(PopulationError, match="several jurisdictions"):
        tables_of(combine([economy, economy]))
    graph = nx.DiGraph([("a", "b")])
    nx.set_node_attributes(graph, "this; that", "sector")
    with pytest.raises(PopulationError, match="a sector is called 'this; that'"):
        tables_of(Economy.from_networkx(graph))


def test_the_command_line_exports_and_tells_the_columns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["population", "export", "mine", "population.firms=30", "months=3", "--format", "parquet"]
    assert cli.main(words) == 0
    assert str(tmp_path / "mine") in capsys.readouterr().out
    names = {"firms.parquet", "links.parquet", "sectors.parquet", "scenario.yaml"}
    assert {path.name for path in (tmp_path / "mine").iterdir()} == names
    monkeypatch.setattr(common, "saver", lambda: save_tables)
    assert cli.main(["run", "--scenario", "mine/scenario.yaml", "--quiet", "--out", "r"]) == 0
    assert len(read(tmp_path / "r").firms) == 30  # type: ignore[union-attr]
    assert cli.main(words) == 2
    assert "is in use" in capsys.readouterr().err
    assert cli.main(["population", "schema"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 100
    for _, declared in TABLES.values():
        assert all(name in out for name, *_ in rows(declared))


# The example, the command line, and where files are looked for


def test_the_example_runs_from_anywhere_and_says_what_was_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(common, "saver", lambda: save_tables)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["check", "--scenario", str(EXAMPLE / "scenario.yaml")]) == 0
    assert "links: 3 of 55 values scaled down" in capsys.readouterr().out
    assert cli.main(["run", "--scenario", str(EXAMPLE / "scenario.yaml"), "--out", "r"]) == 0
    out = capsys.readouterr().out
    assert "Twenty firms: 20 firms, 36 months" in out
    assert "Population: links: 3 of 55 values scaled down" in out
    result = read(tmp_path / "r")
    assert result.provenance["population"][0].startswith("links: 3 of 55")
    assert cli.main(["rerun", "r", "--out", "again", "--quiet"]) == 0
    for file in (tmp_path / "r").glob("*.parquet"):
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()


def test_files_are_looked_for_beside_the_scenario_then_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, away = tmp_path / "work", tmp_path / "away"
    for folder in (work, away):
        shutil.copytree(EXAMPLE, folder)
    monkeypatch.chdir(work)
    found = load(scenario=away / "scenario.yaml").population
    assert (found.firms, found.links) == (str(away / "firms.csv"), str(away / "links.csv"))
    (away / "firms.csv").unlink()
    found = load(scenario=away / "scenario.yaml").population
    assert (found.firms, found.links) == ("firms.csv", str(away / "links.csv"))
    assert found.build(0).firms == 20
    (work / "shown.yaml").write_text(load(scenario=away / "scenario.yaml").to_yaml(), encoding="utf-8")
    assert Scenario.read(work / "shown.yaml").population.build(0).firms == 20
    own = load("population.kind=tables", "population.links=links.csv").population
    assert (own.firms, own.links) == ("", "links.csv")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["population.firms=firms.csv"], "firms.csv: line 3, column size: '-1' is not allowed"),
        (["population.firms=nowhere.csv"], "population.firms: no file 'nowhere.csv'"),
        (["population.firms=3"], "population.firms: 3 is not allowed"),
        (["population.firm=firms.csv"], "population.firm: unknown key; did you mean 'firms'?"),
        ([], "population.firms: a table of firms or of links is needed"),
    ],
)
def test_bad_tables_give_one_line_and_write_nothing(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "firms.csv").write_text("id,size\na,1\nb,-1\n", encoding="utf-8")
    for command in (["run"], ["check"], ["compare", "--workers", "1"], ["population", "export", "new"]):
        assert cli.main([*command, "population.kind=tables", *words]) == 2
        captured = capsys.readouterr()
        assert captured.err.startswith(f"creditregime: error: {message}")
        assert len(captured.err.splitlines()) == 1
        assert [path.name for path in tmp_path.iterdir()] == ["firms.csv"]


def test_the_schema_is_what_the_code_reads() -> None:
    for name, declared in {"firms": "id", "links": "supplier", "sectors": "sector"}.items():
        assert TABLES[name][1][0].name == declared
        assert name in Tables.paths
    assert all(set(rule.paths) <= set(rule.model_fields) for rule in Population.kinds.values())  # type: ignore[attr-defined]


def test_tables_import_no_pyarrow_before_a_parquet_file_is_read() -> None:
    program = "import sys; import creditregime.population; print('pyarrow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"


# Input-output tables as CSV

IO = """# remark
sector,a,b,domestic_final_demand,exports,output,electricity
a,1,2,5,2,10,0
b,3,1,4,2,10,1
imported_intermediates,1,1,,,,
value_added,5,6,,,,
"""


def written(folder: Path, text: str) -> str:
    path = folder / "io.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_an_input_output_table_in_csv_is_that_in_yaml(tmp_path: Path) -> None:
    known = read_table("china_2011")
    vectors = ("domestic_final_demand", "exports")
    lines = [",".join(["sector", *known.sectors, *vectors, "electricity"])]
    for code, sector in enumerate(known.sectors):
        ends = [getattr(known, name)[code] for name in vectors]
        lines.append(",".join(map(str, [sector, *known.flows[code], *ends, int(code == known.electricity)])))
    lines.append(",".join(map(str, ["imported_intermediates", *known.imported_intermediates, "", "", ""])))
    own = written(tmp_path, "\n".join(lines))
    one, other = Generated(firms=80).build(2), Generated(firms=80, input_output=own).build(2)
    for declared in columns():
        np.testing.assert_array_equal(getattr(one, declared.name), getattr(other, declared.name), declared.name)
    assert read_table(str(EXAMPLE / "input_output.csv")).electricity == 2
    plain = written(tmp_path, "sector,a,domestic_final_demand\na,1,2\n")
    found = read_table(plain)
    assert (found.output.tolist(), found.exports.tolist(), found.electricity) == ([3.0], [0.0], None)
    assert not Generated(firms=9, input_output=plain).build(0).energy_share.any()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sector,", "name,", "line 2, column 'name': is not allowed; the first column must be sector"),
        ("domestic_final_demand", "final", "line 2, column domestic_final_demand: is missing"),
        ("output,", "outputs,", "line 2, column 'outputs': is not allowed here; allowed after the sectors: domestic"),
        ("exports", "a", "line 2, column 'a': stands there twice"),
        ("b,3,1", "c,3,1", "line 4, column sector: 'c' is not allowed here; the row of b is needed"),
        (
            "b,3,1,4,2,10,1\n",
            "",
            "line 4, column sector: 'imported_intermediates' is not allowed here; the row of b is",
        ),
        (
            "b,3,1,4,2,10,1\nimported_intermediates,1,1,,,,\nvalue_added,5,6,,,,\n",
            "",
            "line 3, column sector: rows end",
        ),
        (
            "value_added",
            "profit",
            "line 6, column sector: 'profit' is not allowed here; allowed after the sectors: imp",
        ),
        (
            "value_added",
            "imported_intermediates",
            "line 6, column sector: 'imported_intermediates' is in line 5 already",
        ),
        ("a,1,2", "a,1", "line 3: has 6 cells, but the header has 7"),
        ("b,3,1", "b,-3,1", "line 4, column a: '-3' is not allowed; must be a finite number >= 0"),
        ("b,3,1", "b,,1", "line 4, column a: is empty; a finite number >= 0 is needed"),
        ("b,3,1", "b,x,y", "line 4, column a: 'x' is not allowed; must be a finite number >= 0 (and 1 more)"),
        ("value_added,5", "value_added,", "line 6, column a: is empty"),
        ("10,0", "11,0", "line 3, column output: sales of 'a' add up to 10, not to its output 11; at most 1%"),
        ("value_added,5", "value_added,9", "line 6, column a: inputs and value added make 14, not the output 10"),
        ("value_added,5,6,,,,\n", "", ""),
        ("10,0", "10,1", "line 4, column electricity: 1 is allowed in one row only"),
        ("10,0", "10,0.5", "line 3, column electricity: 1 is allowed in one row only"),
        (IO, "", "is empty"),
        (IO, "sector,domestic_final_demand\n", "line 1: names 0 sectors; 1 to 256 are allowed"),
        (
            IO,
            "sector,a,domestic_final_demand\na,0,0\n",
            "line 2, column output: 'a' sells nothing; leave the sector out",
        ),
        (
            IO,
            "sector,a,domestic_final_demand\na,9,1\nimported_intermediates,3,\n",
            "line 2, column a: inputs add up to",
        ),
        ("a,1", "é,1".encode("latin-1").decode("latin-1"), "line 3, column sector: 'é' is not allowed here"),
    ],
)
def test_bad_input_output_tables(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in IO
    path = written(tmp_path, IO.replace(old, new, 1))
    if not said:
        assert read_table(path).sectors == ("a", "b")
        return
    with pytest.raises(PopulationError) as caught:
        read_table(path)
    assert str(caught.value).startswith(f"{path}: {said}")
    assert "\n" not in str(caught.value)


def test_an_unknown_input_output_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(PopulationError, match=r"population.input_output: no table 'chin'.*YAML or CSV"):
        Generated(firms=9, input_output="chin").build(0)
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    with pytest.raises(PopulationError, match=r"population.input_output: no table"):
        read_table(str(folder))


def test_a_result_folder_carries_its_input_output_csv(tmp_path: Path) -> None:
    source = written(tmp_path, IO)
    spec = bare(1, months=2, **{"population.firms": 12, "population.input_output": source})
    (tmp_path / "s.yaml").write_text(spec.to_yaml().replace(source, "io.csv"), encoding="utf-8")
    spec = Scenario.read(tmp_path / "s.yaml")
    from creditregime.laboratory.run import run

    folder = save_tables(run(spec), tmp_path / "r")
    Path(source).unlink()
    assert yaml.safe_load((folder / "scenario.yaml").read_text())["population"]["input_output"].endswith(".csv")
    assert Scenario.read(folder / "scenario.yaml").population.build(1).sectors == ("a", "b")


# Graphs where money is not followed; many firms


@pytest.mark.parametrize("form", ["graphml", "gexf", "csv"])
@pytest.mark.parametrize("essential", [0, 1], ids=["linear", "leontief"])
def test_the_risk_index_of_a_file_is_that_of_the_paper(tmp_path: Path, form: str, essential: int) -> None:
    weight, sector = example()  # firm 7 buys for more than it sells: no accounts can be kept of it
    sold = weight.sum(axis=1)
    size = np.where(sold > 0, sold, 1.0)
    population: dict[str, Any]
    if form == "csv":
        firms = [f"{row},s{sector[row]},{size[row]}" for row in range(11)]
        (tmp_path / "firms.csv").write_text("\n".join(["id,sector,size", *firms]), encoding="utf-8")
        links = [f"{i},{j},{weight[i, j]}" for i, j in zip(*np.nonzero(weight), strict=True)]
        (tmp_path / "links.csv").write_text("\n".join(["supplier,buyer,value", *links]), encoding="utf-8")
        population = {name: str(tmp_path / f"{name}.csv") for name in ("firms", "links")}
        population |= {"kind": "tables", "max_input_share": 10, "essential": "all" if essential else "none"}
    else:
        graph = nx.from_numpy_array(weight, create_using=nx.DiGraph)
        for row in graph:
            graph.nodes[row].update(sector=f"s{sector[row]}", size=float(size[row]))
        path = tmp_path / f"paper.{form}"
        {"graphml": nx.write_graphml, "gexf": nx.write_gexf}[form](graph, path)
        population = {"kind": "graph", "path": str(path), "essential": essential}
    trade = {"kind": "generalised_leontief", "rationing": "initial", "substitution": 0.0, "headroom": 1.0}
    spec = bare(1, trade=trade | {"replaceability": "none"}, population=population)
    with pytest.raises(PopulationError, match="firm 0: inputs cost 1 per unit of output"):
        CreditRegime(spec.changed({"finance": "accounts"}))
    index = []
    for closed in range(11):
        model = CreditRegime(spec)
        model.world.firms.active[closed] = False
        for _ in range(200):
            spec.trade.trade(model.world)
        left = np.minimum(model.world.firms.demand, model.world.firms.supply)
        index.append(float(sold / sold.sum() @ (1 - np.minimum(left, 1))))
    np.testing.assert_allclose(index, PRINTED[essential], atol=2e-6)


def test_graph_files_hold_all_columns(tmp_path: Path) -> None:
    graph = nx.DiGraph()
    graph.add_node("mine", sector="mining", region="north", ownership="state", size=4.0, person="ann")
    graph.add_node("mill", sector="steel", region="south", ownership="foreign", size=9.0, imports=0.1, group="mine")
    graph.add_node("shop", sector="steel", region="south", ownership="private", size=3.0, person="ann")
    graph.add_edge("mine", "mill", weight=2.0)
    for form, write in {"graphml": nx.write_graphml, "gexf": nx.write_gexf}.items():
        write(graph, tmp_path / f"g.{form}")
        economy = Graph(path=str(tmp_path / f"g.{form}")).build(0)
        assert economy.ownership.tolist() == [0, 2, 1]
        assert economy.region.tolist() == [0, 1, 1]
        assert economy.group.tolist() == [0, 0, 2]
        assert economy.person.tolist() == [0, 1, 0]
        np.testing.assert_allclose(economy.size * 16 / 3, [4, 9, 3], rtol=1e-6)
        np.testing.assert_allclose(economy.coefficient, [2 / 9])
        assert economy.imports[1] == pytest.approx(0.1)


def test_many_firms_meet_flows_and_caps_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = Generated(firms=5000)
    before = rule.build(13)
    monkeypatch.setattr(balancing, "MANY", 1)
    after = rule.build(13)
    table = read_table("china_2011")
    assert flow_error(after, table) < 0.7 * flow_error(before, table)
    for economy in (before, after):
        inputs = np.bincount(economy.buyer, economy.coefficient, 5000) + economy.imports
        assert inputs.max() <= 0.95 + 1e-5
