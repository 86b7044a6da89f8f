"""The generated population: determinism, aligned draws, small sizes, settings, the table."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from creditregime.errors import PopulationError
from creditregime.paths import config_root
from creditregime.population import OWNERSHIPS, Generated, Population, Stored, read_table
from creditregime.population import attributes as draw
from creditregime.population.economy import columns

PRESETS = sorted((config_root() / "population").glob("*.yaml"))


@settings(max_examples=40, deadline=None)
@given(
    firms=st.integers(1, 400),
    seed=st.integers(0, 2**63),
    mean_suppliers=st.floats(0.1, 60),
    size_exponent=st.floats(0.6, 5),
    regions=st.integers(1, 256),
    branch_share=st.floats(0, 0.99),
    largest_input_share=st.floats(0.3, 0.98),
)
def test_whatever_the_settings_the_economy_is_valid(firms: int, seed: int, **fields: float) -> None:
    economy = Generated(firms=firms, **fields).build(seed)  # build validates
    assert economy.firms == firms
    assert economy.size.mean() == pytest.approx(1, rel=1e-4)


def test_same_seed_same_economy_other_seed_other() -> None:
    one, again, other = (Generated(firms=300).build(seed) for seed in (7, 7, 8))
    assert all(np.array_equal(getattr(one, f.name), getattr(again, f.name)) for f in columns())
    assert not np.array_equal(one.region, other.region)
    assert one.links != other.links or not np.array_equal(one.supplier, other.supplier)


def test_a_firm_more_shifts_nobody() -> None:
    small, large = Generated(firms=500).build(3), Generated(firms=501).build(3)
    for name in ("sector", "region", "ownership", "group", "person"):
        assert np.array_equal(getattr(small, name), getattr(large, name)[:500])
    for of_small, of_large in zip(draw.spread(500, 3), draw.spread(501, 3), strict=True):
        assert np.array_equal(of_small, of_large[:500])
    score = draw.normal_score(draw.spread(501, 3)[1])
    of_small, of_large = (draw.coupled(score[:n], 0.5, 3, "population.size") for n in (500, 501))
    assert np.array_equal(of_small, of_large[:500])
    rank = np.corrcoef(np.argsort(np.argsort(small.size)), np.argsort(np.argsort(large.size[:500])))[0, 1]
    assert rank > 0.99
    pairs = [set(zip(e.buyer.tolist(), e.supplier.tolist(), strict=True)) for e in (small, large)]
    assert len(pairs[0] & pairs[1]) > 0.9 * len(pairs[0])


def test_labels_follow_their_shares() -> None:
    economy = Generated(firms=20_000, state_share=0.2, foreign_share=0.1, branch_share=0.3).build(1)
    shares = np.bincount(economy.ownership, minlength=3) / 20_000
    np.testing.assert_allclose(shares, [0.2, 0.7, 0.1], atol=4 * 0.5 / np.sqrt(20_000))
    assert OWNERSHIPS == ("state", "private", "foreign")
    assert np.mean(economy.group != np.arange(20_000)) == pytest.approx(0.3, abs=0.015)
    assert len(np.unique(economy.person)) == pytest.approx(18_000, abs=200)
    np.testing.assert_allclose(np.bincount(economy.region) / 20_000, 0.25, atol=0.015)


def test_sector_counts_follow_output_to_within_few_firms() -> None:
    table = read_table("china_2011")
    for seed in range(5):
        counts = np.bincount(Generated(firms=1000).build(seed).sector, minlength=18)
        assert np.abs(counts - 1000 * table.output / table.output.sum()).max() < 5


def test_inputs_of_empty_sectors_are_imported() -> None:
    table = read_table("china_2011")
    lone = Generated(firms=1).build(0)
    all_inputs = table.coefficients.sum(axis=0) + table.imported_intermediates / table.output
    assert lone.links == 0
    assert lone.imports[0] == pytest.approx(all_inputs[lone.sector[0]], rel=1e-6)
    assert (lone.essential == 2).all()


def test_essential_rule() -> None:
    share, every, none = (Generated(firms=500, essential=rule).build(0).essential for rule in ("share", "all", "none"))
    assert set(np.unique(share)) == {0, 1, 2}
    table = read_table("china_2011")
    mining, metals = table.sectors.index("mining"), table.sectors.index("minerals_metals")
    assert share[mining, metals] == 1
    assert (every == 1).mean() > 0.9
    assert not (none == 1).any()


def test_sector_facts_come_from_the_table() -> None:
    economy, table = Generated(firms=100, procurement={"construction": 0.5}).build(0), read_table("china_2011")
    at = table.sectors.index("electronics")
    assert economy.export_share[at] == pytest.approx(721400 / (721400 + 273629))
    assert economy.energy_share[at] == pytest.approx(22340 / 2132008, rel=1e-3)
    assert economy.procurement_share[at] == 0
    construction = table.sectors.index("construction")
    assert economy.procurement_share[construction] == pytest.approx(0.5 * 2061315 / (2061315 + 8884))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"input_output": "chna_2011"}, "no table 'chna_2011'.*did you mean 'china_2011'"),
        ({"input_output": "missing.yaml"}, "no table 'missing.yaml'"),
        ({"procurement": {"constructon": 0.1}}, "no sector 'constructon'.*did you mean 'construction'"),
        ({"procurement": {"mining": 1.5}}, "population.procurement.mining: 1.5"),
        ({"state_share": 0.7, "foreign_share": 0.7}, "state_share \\+ foreign_share"),
    ],
)
def test_settings_that_cannot_be_built(fields: dict[str, object], said: str) -> None:
    with pytest.raises(PopulationError, match=said) as caught:
        Generated(firms=10, **fields).build(0)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("fields", [{"firms": 0}, {"in_degree_exponent": 1}, {"essential": "some"}, {"frims": 3}])
def test_settings_out_of_bounds(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Generated(**fields)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_presets_are_populations_with_a_source(preset: Path) -> None:
    text = preset.read_text(encoding="utf-8")
    rule = TypeAdapter(Population).validate_python(yaml.safe_load(text))
    assert isinstance(rule, Generated)
    assert text.startswith("# ")
    if rule.firms <= 10_000:
        rule.build(0)


def test_default_preset_states_the_defaults() -> None:
    content = yaml.safe_load((config_root() / "population" / "china_2011.yaml").read_text(encoding="utf-8"))
    assert Generated(**content) == Generated(procurement=content["procurement"])


def test_tables_need_a_file_and_unknown_kinds_are_named() -> None:
    with pytest.raises(ValidationError, match="a table of firms or of links is needed"):
        TypeAdapter(Population).validate_python({"kind": "tables"})
    with pytest.raises(ValidationError, match="did you mean 'generated'"):
        TypeAdapter(Population).validate_python({"kind": "generatd"})


def test_table_balances() -> None:
    table = read_table("china_2011")
    assert len(table.sectors) == 18
    multipliers = np.linalg.inv(np.eye(18) - table.coefficients).sum(axis=0)
    assert np.abs(np.linalg.eigvals(table.coefficients)).max() == pytest.approx(0.596, abs=0.001)
    assert multipliers.mean() == pytest.approx(2.467, abs=0.001)


TABLE = {
    "unit": "coins",
    "electricity": "b",
    "sectors": ["a", "b"],
    "flows": {"a": [1, 2], "b": [3, 1]},
    "domestic_final_demand": [5, 4],
    "exports": [2, 2],
    "output": [10, 10],
    "imported_intermediates": [1, 1],
    "value_added": [5, 6],
}


def test_own_table(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(TABLE, sort_keys=False), encoding="utf-8")
    economy = Generated(firms=50, input_output=str(path)).build(0)
    assert economy.sectors == ("a", "b")
    assert economy.imports[0] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"flows": {"a": [1, 2]}}, "flows must have one row for each"),
        ({"flows": {"a": [1, 2], "b": [3]}}, "flows.b must be 2 finite numbers"),
        ({"exports": [2, -2]}, "exports must be 2 finite numbers"),
        ({"exports": [9, 2]}, "sales of a differ from output"),
        ({"value_added": [5, 1]}, "inputs and value added of b differ"),
        ({"sectors": 3}, "sectors must be a list of names"),
        ({"electricity": "c"}, "electricity must be one of the sectors: a, b"),
    ],
)
def test_broken_tables_are_refused(tmp_path: Path, change: dict[str, object], said: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump({**TABLE, **change}, sort_keys=False), encoding="utf-8")
    with pytest.raises(PopulationError, match=said):
        read_table(str(path))
    path.write_text("[1, 2", encoding="utf-8")
    with pytest.raises(PopulationError, match="not YAML"):
        read_table(str(path))
    path.write_text("3", encoding="utf-8")
    with pytest.raises(PopulationError, match="must be a mapping"):
        read_table(str(path))


def test_stored_population(tmp_path: Path) -> None:
    path = Generated(firms=30).build(4).save(tmp_path / "stored.npz")
    assert Stored(path=str(path)).build(0).firms == 30
    with pytest.raises(PopulationError, match=r"population.path: no file"):
        Stored(path=str(tmp_path / "none.npz")).build(0)


def test_a_thousand_firms_build_quickly() -> None:
    rule = Generated(firms=1000)
    rule.build(0)
    times = []
    for seed in range(5):
        start = time.perf_counter()
        rule.build(seed)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.03


def test_more_links_than_can_be_numbered_are_refused_before_anything_is_built():
    with pytest.raises(PopulationError, match=r"population: 100000000 firms × 30 mean_suppliers; at most 2147483647"):
        Generated(firms=100_000_000, mean_suppliers=30).build(0)
