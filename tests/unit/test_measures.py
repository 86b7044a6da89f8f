"""Measures, rewards and joint punishment: who is reached, how hard, and what each lever does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from creditregime import CreditRegime, Scenario
from creditregime.codes import Event, Lever, Payer, Standing
from creditregime.errors import ScenarioError
from creditregime.regime.joint import JointPunishment, Memorandum
from creditregime.regime.levers import Measure
from creditregime.regime.measures import Catalogue
from creditregime.units import monthly
from creditregime.world import World
from tests.helpers import bare, small

LISTED = {
    "registry": {"kind": "database", "sharing": "central"},
    "rating": {"kind": "points"},
    "lists": {"la": {"topic": "a"}, "lb": {"topic": "b"}, "lc": {"topic": "c"}, "red": {"topic": "a", "colour": "red"}},
    "population.firms": 400,
    "population.essential": "none",
}


def ban(agency: str, **changes: Any) -> dict[str, Any]:
    return {"agency": agency, "lever": "management", "size": 0.1, "lists": [f"l{agency}"]} | changes


def acted(spec: Scenario, **listed: Any) -> World:
    """Return the world after measures have acted on firms put on lists."""
    model = CreditRegime(spec)
    world = model.world
    world.open_month()
    for name, rows in listed.items():
        world.firms.listing[world.law.lists.index(name), rows] = Standing.OWN
    model.catalogue.act(world, spec.lists)
    return world


def management(world: World) -> np.ndarray[Any, Any]:
    return world.firms.levers[Lever.MANAGEMENT]


def test_measures_reach_the_list_and_nobody_else() -> None:
    world = acted(bare(3, **LISTED, measures={"m": ban("a")}), la=slice(0, 10), lb=slice(10, 20))
    assert np.allclose(management(world)[:10], 0.1)
    assert not management(world)[10:].any()
    assert np.allclose(world.firms.sanction_cost[:10], 0.1)
    assert not world.firms.associated_cost.any()


def test_measures_reach_the_grade_and_below_rewards_the_grade_and_above() -> None:
    spec = bare(
        3,
        **LISTED,
        measures={"m": {"agency": "a", "lever": "management", "size": 0.2, "grade": "C"}},
        rewards={"r": {"agency": "a", "lever": "subsidy", "size": 0.3, "grade": "B"}},
    )
    model = CreditRegime(spec)
    world = model.world
    world.firms.grade[0] = world.firms.own_grade[0] = np.arange(400) % 4
    model.catalogue.act(world, spec.lists)
    np.testing.assert_allclose(management(world)[:4], [0.2, 0.2, 0, 0])
    np.testing.assert_allclose(world.firms.levers[Lever.SUBSIDY][:4], [0, 0, -0.3, -0.3])


def test_measures_add_up() -> None:
    measures = {"one": ban("a"), "two": ban("b", size=0.25), "three": ban("a", lists=["la", "lb"], size=0.5)}
    world = acted(bare(3, **LISTED, measures=measures), la=[0, 2], lb=[1, 2])
    np.testing.assert_allclose(management(world)[:4], [0.6, 0.75, 0.85, 0], rtol=1e-6)


def test_measures_on_what_came_by_association_cost_apart() -> None:
    spec = bare(3, **LISTED, measures={"m": ban("a")})
    model = CreditRegime(spec)
    world = model.world
    world.firms.listing[0, :2] = [Standing.OWN, Standing.ASSOCIATED]
    model.catalogue.act(world, spec.lists)
    np.testing.assert_allclose(world.firms.sanction_cost[:2], [0.1, 0])
    np.testing.assert_allclose(world.firms.associated_cost[:2], [0, 0.1])


def test_firms_that_left_are_not_punished() -> None:
    spec = bare(3, **LISTED, measures={"m": {"agency": "a", "lever": "management", "size": 0.2, "grade": "A"}})
    model = CreditRegime(spec)
    world = model.world
    world.firms.active[:9] = False
    model.catalogue.act(world, spec.lists)
    assert not management(world)[:9].any()
    assert management(world)[9:].all()


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_each_member_acts_on_anothers_listing_with_probability_j(strength: float) -> None:
    joint = {"kind": "memorandum", "strength": strength}
    spec = bare(3, **LISTED, measures={"mb": ban("b"), "mc": ban("c", size=1.0)}, joint_punishment=joint)
    world = acted(spec, la=slice(None))
    hit_b, hit_c = np.isclose(management(world) % 1.0, 0.1), management(world) >= 1
    for hit in (hit_b, hit_c):
        assert abs(hit.mean() - strength) <= 4 * np.sqrt(strength * (1 - strength) / 400)
    both = (hit_b & hit_c).mean()  # agencies decide independently
    assert abs(both - strength**2) <= 4 * np.sqrt(strength**2 * (1 - strength**2) / 400)
    assert world.tally.get("joint_sanctions", np.zeros(1)).sum() == hit_b.sum() + hit_c.sum()


def test_agencies_decide_once_not_every_month() -> None:
    spec = bare(3, **LISTED, measures={"mb": ban("b")}, joint_punishment={"kind": "memorandum", "strength": 0.5})
    model = CreditRegime(spec)
    world = model.world
    world.firms.listing[0] = Standing.OWN
    model.catalogue.act(world, spec.lists)
    first = management(world).copy()
    assert 0 < (first > 0).mean() < 1
    world.month = 7
    model.catalogue.act(world, spec.lists)
    np.testing.assert_array_equal(management(world), first)


def test_only_signatories_act_and_only_for_signatories() -> None:
    joint = {"kind": "memorandum", "strength": 1.0, "agencies": ["a", "b"]}
    measures = {"ma": ban("a"), "mb": ban("b", size=0.01), "mc": ban("c", size=1.0)}
    spec = bare(3, **LISTED, measures=measures, joint_punishment=joint)
    world = acted(spec, la=[0], lc=[1])
    np.testing.assert_allclose(management(world)[:3], [0.11, 1.0, 0], rtol=1e-6)
    assert world.regulators.member.tolist() == [True, True, False]


def test_redlists_are_not_punished_and_rewards_are_not_joint() -> None:
    rewards = {"r": {"agency": "b", "lever": "subsidy", "size": 0.5, "lists": ["lb"]}}
    joint = {"kind": "memorandum", "strength": 1.0}
    spec = bare(3, **LISTED, measures={"mb": ban("b")}, rewards=rewards, joint_punishment=joint)
    world = acted(spec, red=[0], la=[1])
    assert management(world)[:2].tolist() == pytest.approx([0, 0.1])
    assert not world.firms.levers[Lever.SUBSIDY].any()


def test_enumerated_scope_leaves_other_measures_to_their_own_agency() -> None:
    measures = {"in": ban("b"), "out": ban("c", size=1.0, enumerated=False)}
    for scope, expected in (("unlimited", 1.1), ("enumerated", 0.1)):
        joint = {"kind": "memorandum", "strength": 1.0, "scope": scope}
        world = acted(bare(3, **LISTED, measures=measures, joint_punishment=joint), la=[0], lc=[1])
        assert management(world)[0] == pytest.approx(expected)
        assert management(world)[1] == pytest.approx(1.1)


class Halved(Memorandum):
    """Half of a measure, and only for the lists of topic a."""

    def relates(self, cause: str, agency: str) -> bool:
        return cause == "a"

    def scale(self, severity: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.full(len(severity), 0.5, np.float32)


class OfItsOwn(JointPunishment):
    """The same without a memorandum."""

    relates, scale = Halved.relates, Halved.scale

    def members(self, topics: tuple[str, ...]) -> tuple[str, ...]:
        return topics

    def chance(self) -> float:
        return 1.0

    def covers(self, measure: Measure) -> bool:
        return True


@pytest.mark.parametrize("rule", [Halved(strength=1.0), OfItsOwn()])
def test_a_derived_rule_says_what_is_related_and_how_much_is_done(rule: JointPunishment) -> None:
    spec = bare(3, **LISTED, measures={"mb": ban("b", size=1.0)})
    world = CreditRegime(spec).world
    world.firms.listing[0, 0] = world.firms.listing[2, 1] = Standing.OWN
    Catalogue(world, spec.measures, {}, rule).act(world, spec.lists)
    assert management(world)[:2].tolist() == [0.5, 0]


@pytest.mark.parametrize(("cap", "expected"), [(1.0, [0.25, 0.5, 1.0]), (0.4, [0.25, 0.4, 0.4])])
def test_proportional_size_follows_the_worst_live_record(cap: float, expected: list[float]) -> None:
    for proportionality in ("flat", "proportional"):
        joint = {"kind": "memorandum", "strength": 1.0, "proportionality": proportionality, "cap": cap}
        spec = bare(3, **LISTED, measures={"mb": ban("b", size=1.0)}, joint_punishment=joint)
        model = CreditRegime(spec)
        world = model.world
        world.firms.listing[0, :3] = Standing.OWN
        for row in range(3):
            world.firms.live[: row + 1, 0, row] = 1
        model.catalogue.act(world, spec.lists)
        sizes = [1.0] * 3 if proportionality == "flat" else expected
        np.testing.assert_allclose(management(world)[:3], sizes, rtol=1e-6)


def test_sanctions_are_logged_once() -> None:
    spec = bare(3, **LISTED, measures={"m": ban("a")})
    model = CreditRegime(spec)
    world = model.world
    world.firms.listing[0, :2] = Standing.OWN
    model.catalogue.act(world, spec.lists)
    model.catalogue.act(world, spec.lists)
    assert (world.events["kind"] == Event.SANCTIONED).sum() == 2


# What each lever acts on

ENOUGH = {"monitoring": {"kind": "none"}, "violations": {"kind": "none"}, "exit": {"kind": "none"}, "months": 3}


def under(lever: str, size: float) -> tuple[CreditRegime, CreditRegime]:
    """Return two models after three months: without a measure, and with it in force for everybody."""
    alone = {"trade.substitution": 0.0, "trade.replaceability": "none", "partners": {"kind": "none"}}
    spec = small("none", **ENOUGH, **alone, **{"finance.shock": 0.0})
    models = []
    for strength in (0.0, size):
        model = CreditRegime(spec)
        index = Lever[lever.upper()]
        act = model.catalogue.act

        def force(world: Any, lists: Any, index: int = index, strength: float = strength, act: Any = act) -> None:
            act(world, lists)
            world.firms.levers[index] = strength

        model.catalogue.act = force  # type: ignore[method-assign]
        models.append(model.run_model())
    return models[0], models[1]


def test_procurement_takes_public_demand_and_publication_consumers() -> None:
    free, hit = under("procurement", 1.0)
    assert free.world.ledger.flows[0, Payer.STATE, Payer.FIRMS] > 0
    lost = free.world.ledger.flows - hit.world.ledger.flows
    subsidies = hit.world.ledger.flows[0, Payer.FIRMS, Payer.STATE]
    assert hit.world.ledger.flows[0, Payer.STATE, Payer.FIRMS] == 0
    assert subsidies != 0
    assert lost[0, Payer.HOUSEHOLDS, Payer.FIRMS] == pytest.approx(0, abs=0.02 * free.world.ledger.flows.sum())
    free, hit = under("publication", 0.5)
    ratio = (
        hit.world.ledger.flows[0, Payer.HOUSEHOLDS, Payer.FIRMS]
        / free.world.ledger.flows[0, Payer.HOUSEHOLDS, Payer.FIRMS]
    )
    assert ratio == pytest.approx(0.5, abs=0.05)
    assert hit.world.ledger.flows[0, Payer.WORLD, Payer.FIRMS] > 0


def test_credit_spread_raises_interest_by_so_many_points() -> None:
    free, hit = under("credit_spread", 0.12)
    extra = hit.world.ledger.flows[0, Payer.FIRMS, Payer.BANKS] - free.world.ledger.flows[0, Payer.FIRMS, Payer.BANKS]
    assert extra == pytest.approx(0.01 * free.world.firms.debt.sum(), rel=0.02)


def test_tax_is_on_profit_and_subsidy_is_withheld() -> None:
    free, hit = under("tax", 0.25)
    profit_before = free.world.firms.profit / (1 - 0.25)
    gained = profit_before > 0
    np.testing.assert_allclose(hit.world.firms.profit[gained], profit_before[gained] * 0.5, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(hit.world.firms.profit[~gained], free.world.firms.profit[~gained], rtol=1e-5)
    free, hit = under("subsidy", 10.0)
    paid = [-model.world.ledger.flows[0, Payer.FIRMS, Payer.STATE] for model in (free, hit)]
    assert paid[0] > paid[1]
    assert (hit.world.firms.profit < free.world.firms.profit).all()


@pytest.mark.parametrize(("lever", "size"), [("permit", 0.5), ("customs_delay", 1.0)])
def test_permit_and_delay_limit_capacity(lever: str, size: float) -> None:
    free, hit = under(lever, size)
    assert hit.world.firms.output.sum() < free.world.firms.output.sum()
    if lever == "permit":
        assert hit.world.firms.output.max() <= 0.5 * hit.spec.trade.headroom + 1e-6
    else:
        traded = hit.world.economy.export_share[hit.world.firms.sector] + hit.world.firms.imports
        assert (hit.world.firms.output <= hit.spec.trade.headroom * np.clip(1 - traded, 0, 1) + 1e-5).all()


def test_input_price_and_management_cost_what_they_say() -> None:
    free, hit = under("management", 0.05)
    relative = (free.world.firms.profit - hit.world.firms.profit) / free.world.firms.size
    assert (relative > 0).all()
    extra = (
        hit.world.ledger.flows[0, Payer.FIRMS, Payer.HOUSEHOLDS]
        - free.world.ledger.flows[0, Payer.FIRMS, Payer.HOUSEHOLDS]
    )
    assert extra > 0
    free, hit = under("input_price", 0.5)
    energy = free.world.economy.energy_share[free.world.firms.sector]
    assert (hit.world.firms.profit < free.world.firms.profit)[energy > 0].all()
    np.testing.assert_allclose(hit.world.firms.profit[energy == 0], free.world.firms.profit[energy == 0], rtol=1e-6)


def test_revocation_is_a_probability_a_year() -> None:
    spec = bare(
        1,
        **{"population.firms": 400, "exit": {"kind": "standard", "insolvency": False, "background": 0, "voluntary": 0}},
    )
    model = CreditRegime(spec)
    world = model.world
    world.firms.levers[Lever.REVOCATION, 200:] = 0.6
    spec.exit.leave(world, spec.finance)
    left = ~world.firms.active
    assert not left[:200].any()
    chance = 0.6 / 12
    assert monthly(0.6) > chance  # a flow of 1/12 a month, as other levers
    assert abs(left[200:].mean() - chance) < 4 * np.sqrt(chance / 200) + (monthly(0.6) - chance)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"measures": {"m": ban("x")}}, "measures.m.agency: unknown name 'x'; allowed: a, b, c"),
        ({"measures": {"m": ban("a", lists=["lx"])}}, "measures.m.lists: unknown name 'lx'"),
        ({"measures": {"m": ban("a", lists=[])}}, "a measure needs a trigger: grade or lists"),
        ({"measures": {"m": ban("a", lever="tex")}}, "measures.m.lever: 'tex' is not allowed"),
        ({"measures": {"m": ban("a", size=0)}}, "measures.m.size: 0 is not allowed"),
        ({"measures": {"m": ban("a", grade="E")}}, "measures.m.grade: unknown name 'E'"),
        ({"measures": {"m": ban("a")}, "rewards": {"m": ban("a")}}, "rewards.m: the name is taken by a measure"),
        ({"joint_punishment": {"kind": "memorandum", "agencies": []}}, "joint punishment needs at least two members"),
        ({"joint_punishment": {"kind": "memorandum", "agencies": ["a"]}}, "joint_punishment.agencies"),
        ({"joint_punishment": {"kind": "memorandum", "agencies": ["a", "taxes"]}}, "unknown name 'taxes'"),
        (
            {"joint_punishment": {"kind": "memorandum"}, "lists": {}},
            "joint_punishment.kind: 'memorandum' needs blacklists",
        ),
        (
            {"joint_punishment": {"kind": "memorandum", "strength": 1.2}},
            "joint_punishment.strength: 1.2 is not allowed",
        ),
    ],
)
def test_contradictions_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        bare(3, **LISTED | changes)
    assert said in str(caught.value)
