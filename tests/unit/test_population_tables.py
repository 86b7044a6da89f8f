"""Firms and links from tables: what is read, defaults, equilibrium, and each error with file, line and column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creditregime import Scenario
from creditregime.errors import PopulationError, ScenarioError
from creditregime.population import Economy, Tables

FIRMS = "id,sector,region,ownership,size\na,steel,north,state,10\nb,steel,south,,6\nc,cars,south,foreign,20\n"
LINKS = "supplier,buyer,value\na,c,8\nb,c,6\na,b,1\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, content: str | bytes) -> str:
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


def built(firms: str | bytes = FIRMS, links: str | bytes = LINKS, **settings: Any) -> Economy:
    files = {"firms": firms, "links": links} | {key: settings.pop(key) for key in ("sectors",) if key in settings}
    paths = {name: write(f"{name}.csv", content) for name, content in files.items() if content}
    return Tables(**paths, **settings).build(0)


def refusal(**files: Any) -> str:
    with pytest.raises(PopulationError) as caught:
        built(**files)
    line = str(caught.value)
    assert "\n" not in line
    assert len(line) < 600
    return line


def money(economy: Economy) -> list[float]:
    """Return link values, in units of the first firm's size over 10."""
    value = economy.coefficient * economy.size.astype(float)[economy.buyer]
    return [round(float(v), 5) for v in value / economy.size[0] * 10]


# What is read


def test_columns_are_read_and_sizes_kept() -> None:
    economy = built()
    assert (economy.sectors, economy.regions) == (("cars", "steel"), ("north", "south"))
    assert economy.sector.tolist() == [1, 1, 0]
    assert economy.region.tolist() == [0, 1, 1]
    assert economy.ownership.tolist() == [0, 1, 2]
    np.testing.assert_allclose(economy.size, np.array([10, 6, 20]) / 12)
    np.testing.assert_allclose(economy.final_demand, np.array([1, 0, 20]) / 12)
    assert list(zip(economy.supplier.tolist(), economy.buyer.tolist(), money(economy), strict=True)) == [
        (0, 1, 1.0),
        (0, 2, 8.0),
        (1, 2, 6.0),
    ]
    assert economy.notes == ()
    assert economy.group.tolist() == economy.person.tolist() == [0, 1, 2]
    np.testing.assert_allclose(economy.procurement_share, 0.1)


def test_all_other_columns() -> None:
    firms = (
        "id,size,final_demand,imports,export_share,procurement_share,group,person,_note\n"
        "a,4,1,0.1,0.5,0.25,,ann,x\nb,4,3,,0.1,,a,ann,y\nc,8,8,,,,a,b,z\n"
    )
    economy = built(firms, "buyer,supplier,value\nc,a,3\nc,b,1\n")
    assert economy.sectors == economy.regions == ("all",)
    assert economy.imports.tolist() == pytest.approx([0.1, 0, 0])
    assert economy.group.tolist() == [0, 0, 0]
    assert economy.person.tolist() == [0, 0, 1]  # b is a firm, ann a label
    np.testing.assert_allclose(economy.export_share, (0.5 * 1 + 0.1 * 3 + 0 * 8) / 12)
    np.testing.assert_allclose(economy.procurement_share, (0.25 * 1 + 0.1 * 11) / 12, rtol=1e-6)
    assert economy.notes == ()


def test_edge_list_alone_names_the_firms() -> None:
    economy = built("", "supplier,buyer\nmine,mill\nmine,shop\nmill,shop\n", max_input_share=0.9)
    assert economy.firms == 3
    np.testing.assert_allclose(economy.size / economy.size[0], [1, 1 / 1.8, 1 / 0.9], rtol=1e-6)
    np.testing.assert_allclose(economy.final_demand[0], 0, atol=1e-7)
    weighted = built("", "supplier,buyer,value\nmine,mill,1\nmine,shop,3\nmill,shop,2\n", final_demand_share=0.5)
    np.testing.assert_allclose(weighted.size / weighted.size[0], [1, 0.5, 5 / 0.95 / 8], rtol=1e-6)


def test_coefficients_instead_of_values() -> None:
    links = "supplier,buyer,coefficient\na,c,0.4\nb,c,0.3\na,b,0.1\n"
    economy = built(links=links)
    np.testing.assert_allclose(economy.coefficient, [0.1, 0.4, 0.3], rtol=1e-6)


def test_links_without_values_follow_sizes_or_the_input_output_table() -> None:
    links = "supplier,buyer\na,c\nb,c\na,b\n"
    economy = built(links=links, input_share=0.25)
    inputs = np.bincount(economy.buyer, economy.coefficient, 3)
    assert 0.2 < inputs[2] < 0.3
    assert "links: values fitted to sizes and to inputs of 25% of output" in economy.notes[0]
    firms = FIRMS.replace("steel", "minerals_metals").replace("cars", "vehicles")
    fitted = built(firms, links, input_output="china_2011")
    assert len(fitted.sectors) == 18
    metals, vehicles = fitted.sectors.index("minerals_metals"), fitted.sectors.index("vehicles")
    flow = fitted.coefficient[1:].sum()
    assert flow == pytest.approx(96219 / 829844, rel=0.01)  # of vehicles' output goes to metals
    assert fitted.essential[metals, vehicles] == 1
    assert fitted.imports[2] > 56202 / 829844  # what no firm here supplies is imported too
    assert fitted.export_share[vehicles] == pytest.approx(96895 / (96895 + 300431))
    assert fitted.energy_share[metals] == pytest.approx(123320 / 2540434, rel=1e-3)


def test_sectors_have_a_table_of_their_own() -> None:
    sectors = (
        "sector,export_share,procurement_share,energy_share,essential,negligible\n"
        "steel,0.2,,0.05,steel,\ncars,0.5,0.1,,steel,cars; toys\ntoys,,,,,\n"
    )
    economy = built(sectors=sectors)
    assert economy.sectors == ("steel", "cars", "toys")
    assert economy.essential.tolist() == [[1, 1, 0], [0, 2, 0], [0, 2, 0]]
    np.testing.assert_allclose(economy.export_share, [0.2, 0.5, 0])
    np.testing.assert_allclose(economy.procurement_share, [0.08, 0.1, 0.1])
    np.testing.assert_allclose(economy.energy_share, [0.05, 0, 0])


@pytest.mark.parametrize(("rule", "code"), [("all", 1), ("none", 0)])
def test_which_inputs_bind(rule: str, code: int) -> None:
    assert (built(essential=rule).essential == code).all()
    by_share = built(essential_share=0.9).essential  # of cars' inputs all are steel; steel's own are too
    assert by_share.tolist() == [[2, 2], [1, 1]]


def test_regions_may_be_more_than_firms_name() -> None:
    economy = built(regions=["south", "west", "north"])
    assert economy.regions == ("south", "west", "north")
    assert economy.region.tolist() == [2, 0, 0]
    assert refusal(regions=["west"]).startswith("firms.csv: line 2, column region: 'north' is unknown; allowed: west")


def test_duplicates_are_refused_or_added() -> None:
    twice = LINKS + "a,c,0.5\n"
    text = "links.csv: line 5, column buyer: 'a' sells to 'c' in line 2 already; population.duplicates=add adds"
    assert refusal(links=twice).startswith(text)
    assert money(built(links=twice, duplicates="add")) == [1.0, 8.5, 6.0]


# Equilibrium


def test_firms_that_sell_too_much_sell_less_and_the_change_is_told() -> None:
    economy = built(links="supplier,buyer,value\na,c,8\nb,c,7.5\na,b,1\n")
    assert money(economy) == [1.0, 8.0, 6.0]
    assert economy.notes == (
        "links: 1 of 3 values scaled down, by up to 20.000%, by 6.667% in the mean of all, so that nobody sells more "
        "than its size or spends over 0.95 of it on inputs",
    )


def test_firms_that_spend_too_much_buy_less() -> None:
    economy = built(max_input_share=0.35)
    inputs = np.bincount(economy.buyer, economy.coefficient, 3)
    np.testing.assert_allclose(inputs, [0, 1 / 6, 0.35], rtol=1e-6)
    np.testing.assert_allclose(economy.final_demand[:2] / economy.size[:2], [0.5, 3 / 6], rtol=1e-6)
    assert "by up to 50.000%" in economy.notes[0]


def test_stated_final_demand_gives_way_as_links_do_or_takes_what_is_left() -> None:
    firms = "id,size,final_demand\na,10,6\nb,10,9\nc,20,20\n"
    economy = built(firms, "supplier,buyer,value\na,c,6\nb,c,2\n")
    np.testing.assert_allclose(economy.final_demand / economy.size, [0.5, 0.8333333, 1], atol=0.02)
    assert economy.notes[0].startswith("links: 2 of 2 values scaled down, by up to 16.667%")
    assert economy.notes[1].startswith("final demand: set to what firms do not buy at 2 of 3 firms that state it")


def test_missing_sizes_follow_from_links() -> None:
    economy = built("id,size,final_demand_share\na,,0.2\nb,6,\nc,,\n")
    np.testing.assert_allclose(economy.size / economy.size[1] * 6, [9 / 0.8, 6, 14 / 0.95], rtol=1e-6)
    assert economy.notes == ("size: set to what links and final demand ask for at 2 of 3 firms that state none",)


def test_large_money_and_small(tmp_path: Path) -> None:
    for unit in (1e-20, 1e20):
        firms = f"id,size\na,{10 * unit}\nb,{6 * unit}\nc,{20 * unit}\n"
        links = f"supplier,buyer,value\na,c,{8 * unit}\nb,c,{6 * unit}\na,b,{unit}\n"
        np.testing.assert_allclose(built(firms, links).size, np.array([10, 6, 20]) / 12, rtol=1e-6)
    assert "column size: firm 'b' is under 1e-30 of the mean" in refusal(firms="id,size\na,1\nb,1e-40\nc,1\n", links="")


# Errors, each with file, line and column

MANY_SECTORS = "id,sector\n" + "".join(f"{n},s{n}\n" for n in range(257))
BAD_FIRMS = {
    "": "is empty; a header line and rows are needed",
    "\n\n": "is empty",
    "# only a remark\n": "is empty",
    "id,size\n": "has no rows; at least one firm is needed",
    "name,size\na,1\n": "line 1, column id: is missing",
    "# remark\nidd,size\na,1\n": "line 2, column id: is missing; is it 'idd'?",
    "id;size\na;1\n": "line 1, column id: is missing; the header is separated by semicolons, commas are needed",
    "id\tsize\na\t1\n": "line 1, column id: is missing; the header is separated by tabs",
    "id,sizes\na,1\n": "line 1, column 'sizes': is unknown; did you mean 'size'?; allowed: id, sector,",
    "id,size,size\na,1,1\n": "line 1, column 'size': stands there twice",
    "id,size,\na,1,\n": "line 1, column 3: has no name",
    "id,final_demand,final_demand_share\n": "line 1, column final_demand_share: says the same as final_demand",
    "id,size\na,1\nb,2\na,3\n": "line 4, column id: 'a' is in line 2 already; ids must differ",
    "id,size\na,1\n,2\n": "line 3, column id: is empty; a value is needed",
    "id,size\na,1\nb,-2\n": "line 3, column size: '-2' is not allowed; must be a finite number above 0",
    "id,size\na,0\n": "line 2, column size: '0' is not allowed; must be a finite number above 0",
    "id,size\na,nan\n": "line 2, column size: 'nan' is not allowed",
    "id,size\na,inf\nb,1e999\n": "line 2, column size: 'inf' is not allowed; must be a finite number above 0 (and",
    "id,size\na,1e31\n": "line 2, column size: '1e31' is not allowed",
    "id,size\na,1_000\n": "line 2, column size: '1_000' is not allowed",
    "id,size\na,１\n": "line 2, column size: '１' is not allowed",
    'id,size\na,"1,000"\n': "line 2, column size: '1,000' is not allowed; must be a finite number above 0, written",
    "id,size\na,1,000\n": "line 2: has 3 cells, but the header has 2",
    "id,size\na\n": "line 2: has 1 cells, but the header has 2",
    "id,ownership\na,state\nb,privat\n": "line 3, column ownership: 'privat' is unknown; allowed: state, private",
    "id,imports\na,0.95\n": "line 2, column imports: 0.95 is not allowed; must be below population.max",
    "id,export_share\na,1.5\n": "line 2, column export_share: '1.5' is not allowed; must be a finite number >=",
    "id,export_share,procurement_share\na,0.6,0.6\n": "line 2, column procurement_share: with export_share it",
    "id,group\na,\nb,x\n": "line 3, column group: no firm has the id 'x'",
    "id,group\na,b\nb,c\nc,\n": "line 2, column group: the parent 'b' has a parent itself; groups have one level",
    'id,size\n"a\nb",1\nc,x\n': "line 4, column size: 'x' is not allowed",
    'id,size\n\n"a\n\n",1\n\nc,x\n': "line 7, column size: 'x' is not allowed",
    'id,size\na,1\n"b,1\nc,1\n': "line 3: a quote is opened here and never closed",
    'id,size\na,1\n"b"c,1\n': "line 3: not CSV: ',' expected after '\"'",
    'id,size\n"' + "x" * 200_000 + '",1\n': "line 2: a cell is longer than 131072 characters",
    "id,size\n" + "x" * 1_000_001 + ",1\n": "line 2: is longer than 1000000 bytes",
    "id,size\na,1\rb,2\r": "line 2: not CSV: new-line character seen in unquoted field",
    b"id,size\na,1\nbl\xe9,2\n": "line 3, column 3: is not UTF-8; save the table as CSV in UTF-8",
    "id,size\na,1\n".encode("utf-16"): "line 1, column 1: is not UTF-8",
    "id,size\na,1\n".encode("utf-16-le"): "line 1, column 2: is a null character",
    b"PAR1\x00\x00PAR1": "line 1, column 5: is a null character",
    MANY_SECTORS: "line 258, column sector: 's256' is the 257th different sector; at most 256",
}  # fmt: skip


@pytest.mark.parametrize("text", BAD_FIRMS, ids=lambda text: repr(text[:30]))
def test_bad_tables_of_firms(text: str | bytes) -> None:
    Path("firms.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(PopulationError) as caught:
        Tables(firms="firms.csv").build(0)
    assert str(caught.value).startswith(f"firms.csv: {BAD_FIRMS[text]}")
    assert "\n" not in str(caught.value)


BAD_LINKS = {
    "supplier,value\na,1\n": "line 1, column buyer: is missing",
    "supplier,buyer,value,coefficient\n": "line 1, column coefficient: says the same as value",
    "supplier,buyer,value\na,c,8\nx,c,1\n": "line 3, column supplier: no firm in firms.csv has the id 'x'",
    "supplier,buyer,value\na,z,8\nx,z,1\n": "line 2, column buyer: no firm in firms.csv has the id 'z' (",
    "supplier,buyer,value\nb,b,1\n": "line 2, column buyer: 'b' supplies itself",
    "supplier,buyer,value\na,,1\n": "line 2, column buyer: is empty; a value is needed",
    "supplier,buyer,value\na,b,\n": "line 2, column value: is empty; a finite number above 0 is needed",
    "supplier,buyer,value\na,b,0\n": "line 2, column value: '0' is not allowed; must be a finite number above 0",
    "supplier,buyer,value\na,b,-1\n": "line 2, column value: '-1' is not allowed",
}  # fmt: skip


@pytest.mark.parametrize("text", BAD_LINKS)
def test_bad_tables_of_links(text: str) -> None:
    assert refusal(links=text).startswith(f"links.csv: {BAD_LINKS[text]}")


def test_what_needs_sizes_says_so() -> None:
    firms = "id,size\na,1\nb,\nc,2\n"
    line = refusal(firms=firms, links="supplier,buyer,coefficient\na,c,0.1\na,b,0.1\n")
    assert line.startswith("links.csv: line 3, column coefficient: needs the size of the buyer 'b'")
    line = refusal(firms=firms, links="supplier,buyer\na,b\n")
    assert line == "links.csv: without a column value or coefficient every firm needs a size; 'b' has none"
    assert refusal(firms="", links="supplier,buyer\n").startswith("links.csv: has no rows; without population.firms")
    assert refusal(firms="", input_output="china_2011").startswith(
        "population.firms: needed to tell the firms' sectors"
    )


def test_unknown_sectors_are_named_with_the_nearest() -> None:
    line = refusal(input_output="china_2011")
    assert line.startswith("firms.csv: line 2, column sector: 'steel' is unknown; allowed: agriculture, mining")
    assert line.endswith("(and 2 more)")
    assert refusal(sectors="sector\nsteel\ncar\n").endswith("allowed: steel, car; did you mean 'car'?")
    line = refusal(firms="id,sector\na,steel\nb,\n", sectors="sector\nsteel\ncars\n")
    assert line.startswith("firms.csv: line 3, column sector: is empty; allowed: steel, cars")


BAD_SECTORS = {
    "sector\nsteel\nsteel\n": "line 3, column sector: 'steel' is in line 2 already",
    "sector\na;b\n": "line 2, column sector: 'a;b' has a ';', which separates names",
    "sector,essential\nsteel,stel\n": "line 2, column essential: 'stel' is unknown; allowed: steel; did you",
    "sector,essential,negligible\nsteel,steel,steel\n": "line 2, column negligible: 'steel' is among the ess",
    "sector,export_share\nsteel,2\n": "line 2, column export_share: '2' is not allowed",
    "sector\n": "has no rows",
}


@pytest.mark.parametrize("text", BAD_SECTORS)
def test_bad_tables_of_sectors(text: str) -> None:
    assert refusal(sectors=text).startswith(f"sectors.csv: {BAD_SECTORS[text]}")


def test_a_mark_at_the_head_windows_lines_and_spaces_are_fine() -> None:
    plain = built()
    other = built(b"\xef\xbb\xbf# a remark\r\n" + FIRMS.replace("\n", "\r\n").replace(",", " , ").encode())
    np.testing.assert_array_equal(plain.size, other.size)
    assert other.regions == plain.regions
    umlaut = built(FIRMS.replace("steel", "Stahl, größer").replace("Stahl, größer", '"Stahl, größer"'))
    assert "Stahl, größer" in umlaut.sectors


@pytest.mark.parametrize("name", ["none.csv", "folder.csv", "firms.txt", "firms", "a\0b.csv", "x" * 5000 + ".csv"])
def test_files_that_are_none(name: str) -> None:
    Path("folder.csv").mkdir()
    for key in ("firms", "links", "sectors"):
        other = {} if key == "firms" else {"firms": write("good.csv", FIRMS)}
        with pytest.raises(PopulationError, match=rf"^population\.{key}: ") as caught:
            Tables(**{**other, key: name}).build(0)
        assert "\n" not in str(caught.value)


def test_settings_that_contradict_each_other() -> None:
    for text, change in {
        "population.firms: a table of firms or of links is needed": {},
        "population.sectors: input_output names the sectors already": {
            "sectors": "s.csv",
            "input_output": "china_2011",
        },
        "population.regions: a region stands there twice": {"regions": ["a", "a"]},
    }.items():
        with pytest.raises(ScenarioError, match=f"^{text}"):
            Scenario.parse({"population": {"kind": "tables", **({"firms": "f.csv"} if change else {}), **change}})


# Many problems, many rows


def test_many_problems_are_counted_and_the_first_is_told() -> None:
    rows = "".join(f"{number},{-number}\n" for number in range(1, 301))
    assert refusal(firms="id,size\nx,1\n" + rows, links="").endswith("(and 299 more)")


def test_a_million_rows_of_rubbish_are_read_no_further_than_needed() -> None:
    rubbish = "id,size,sector\n" + "a,b,c,d,e\n" * 1_000_000
    assert refusal(firms=rubbish, links="") == (
        "firms.csv: line 2: has 5 cells, but the header has 3 (and at least 1000 more)"
    )
    line = refusal(firms="id,size,sector\n" + "a,b,c\n" * 1_000_000, links="")
    assert line.startswith("firms.csv: line 2, column size: 'b' is not allowed")
    assert line.endswith("more)")


def test_rows_beyond_a_chunk_keep_their_lines() -> None:
    rows = "".join(f"{number},{1 + number % 7}\n" for number in range(70_000))
    text = "id,size\n" + rows
    assert built(text, "").firms == 70_000
    line = refusal(firms=text + "0,1\n", links="")
    assert line == "firms.csv: line 70002, column id: '0' is in line 2 already; ids must differ"
    assert refusal(firms=text + "x,-1\n", links="").startswith("firms.csv: line 70002, column size: '-1'")


# Parquet


def parquet(name: str, **columns: Any) -> str:
    pq.write_table(pa.table(columns), name)
    return name


def test_parquet_is_read_as_csv_is() -> None:
    plain = built()
    frame = pd.read_csv("firms.csv")
    frame["sector"] = frame["sector"].astype("category")
    frame.to_parquet("firms.parquet")
    pd.read_csv("links.csv").astype({"value": "float32"}).to_parquet("links.parquet")
    other = Tables(firms="firms.parquet", links="links.parquet").build(0)
    for name in ("sector", "region", "ownership", "supplier", "buyer"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(other, name))
    np.testing.assert_allclose(plain.coefficient, other.coefficient)


def test_parquet_ids_may_be_numbers() -> None:
    firms = parquet("firms.parquet", id=[7, 8], size=[1, 2], group=[None, 7])
    links = parquet("links.parquet", supplier=[7], buyer=[8])
    assert Tables(firms=firms, links=links).build(0).group.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"id": ["a"], "size": ["1"]}, "firms.parquet: column size: is of type string; numbers are needed"),
        ({"id": [1.5]}, "firms.parquet: column id: is of type double; text or whole numbers are needed"),
        ({"id": ["a"], "size": [True]}, "firms.parquet: column size: is of type bool"),
        ({"id": [["a"]]}, "firms.parquet: column id: is of type list"),
        ({"size": [1.0]}, "firms.parquet: column id: is missing"),
        ({"id": ["a", "b"], "size": [1.0, -1.0]}, "firms.parquet: row 2, column size: '-1.0' is not allowed"),
        ({"id": ["a", "b"], "size": [1.0, float("nan")]}, "firms.parquet: row 2, column size: 'nan' is not allowed"),
        ({"id": ["a", None]}, "firms.parquet: row 2, column id: is empty"),
        ({"id": ["a", "a"]}, "firms.parquet: row 2, column id: 'a' is in row 1 already"),
        ({"id": pa.array([], pa.string())}, "firms.parquet: has no rows"),
    ],
)
def test_bad_parquet(columns: dict[str, Any], said: str) -> None:
    with pytest.raises(PopulationError) as caught:
        Tables(firms=parquet("firms.parquet", **columns)).build(0)
    assert str(caught.value).startswith(said)


def test_corrupt_parquet() -> None:
    whole = Path(parquet("firms.parquet", id=[str(n) for n in range(5000)], size=[1.0] * 5000)).read_bytes()
    middle = bytearray(whole)
    middle[200:400] = b"\xff" * 200
    for content in (b"", b"PAR1", b"id,size\na,1\n", whole[:-20], whole[: len(whole) // 2], bytes(middle)):
        Path("firms.parquet").write_bytes(content)
        with pytest.raises(PopulationError, match=r"^firms.parquet: ") as caught:
            Tables(firms="firms.parquet").build(0)
        assert "\n" not in str(caught.value)
