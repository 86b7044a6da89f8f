"""Random scenarios of random valid kinds and parameters: no crash, no NaN, and what must hold holds every month."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditregime import CreditRegime, Scenario
from creditregime.codes import Lever
from creditregime.errors import ScenarioError
from tests.helpers import REGIMES, assert_sound, assets, recount, small

TOPICS = ("a", "b", "c")
SHARE = st.sampled_from([0.0, 0.05, 0.3, 0.7, 1.0])
LEVERS = st.sampled_from([lever.name.lower() for lever in Lever])


def mapping(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return mappings in which every key may be missing."""
    return st.fixed_dictionaries({}, optional=parts)


def kind(name: str, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return rules of one kind with some parameters."""
    return mapping(**parts).map(lambda given: {"kind": name, **given})


def per_topic(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[Any]:
    return numbers | st.dictionaries(st.sampled_from(["default", "a"]), numbers, min_size=1)


TOPIC = mapping(
    hazard=SHARE,
    general=st.sampled_from([0.0, 0.3, 0.5]),
    serious=st.sampled_from([0.0, 0.2, 0.5]),
    fine=st.sampled_from([0.0, 0.4, 20.0]),
    cost=st.sampled_from([0.0001, 0.006, 0.5]),
    illegal=st.booleans(),
    weighs_on=st.sampled_from([{}, {"construction": 3.0, "foreign": 0.0}]),
)
BEHAVIOUR = (
    kind("none", intrinsic=SHARE, intrinsic_spread=st.sampled_from([0.0, 0.2, 3.0]))
    | kind(
        "gradual",
        adjustment=st.sampled_from([0.1, 1.0]),
        cost_distribution=st.sampled_from(["same", "uniform", "lognormal"]),
    )
    | kind("threshold", cost_size_elasticity=st.sampled_from([0.0, 1.0, 2.0]), discount=st.sampled_from([0.0, 0.5]))
    | kind(
        "imitate",
        weight=SHARE,
        whom=st.sampled_from(["all", "better_earning"]),
        direction=st.sampled_from(["suppliers", "buyers", "both"]),
        weighting=st.sampled_from(["value", "equal"]),
        foresees_partners=st.booleans(),
    )
    | kind(
        "forward_looking",
        effort=st.sampled_from(["gradual", "all_or_nothing"]),
        detection=st.sampled_from(["believed", "announced"]),
        patience=st.sampled_from([None, 0.0, 0.9, 1 - 1e-9]),
        traits=st.sampled_from([{}, {"caution": 0.0}, {"caution_spread": 1.0, "connected": {"state": 1.0}}]),
    )
    | kind(
        "conform",
        precision=st.sampled_from([0.0, 5.0, 1000.0]),
        conformity=st.sampled_from([0.0, 0.3, 100.0]),
        peers=st.sampled_from(["all", "partners"]),
        initial=st.sampled_from([None, 0.0, 1.0]),
    )
    | kind("logit", precision=st.sampled_from([0.0, 5.0, 1000.0]))
    | st.sampled_from(["always_comply", "never_comply", "once_bitten", "guard_the_grade"]).map(
        lambda name: {"kind": "per_firm", "strategy": name}
    )
)
LEARNING = kind("none", initial=per_topic(SHARE)) | kind(
    "experience",
    initial=per_topic(SHARE),
    own=SHARE,
    partners=SHARE,
    transparency=SHARE,
    learning_months=st.sampled_from([1.0, 18.0]),
)
INSPECTION = (
    kind("none")
    | kind("uniform", rate=per_topic(SHARE), sensitivity=per_topic(SHARE), false_positive=per_topic(SHARE))
    | kind(
        "quota",
        number=per_topic(st.integers(0, 12)),
        level=st.sampled_from(["national", "regional"]),
        complaint_response=SHARE,
    )
    | kind("risk", rate=SHARE, memory=st.sampled_from([0.0, 0.9]), size_elasticity=st.sampled_from([-0.5, 0.0, 1.0]))
    | kind(
        "grade", rate=SHARE, listed_factor=st.sampled_from([0.0, 3.0]), level=st.sampled_from(["national", "regional"])
    ).map(lambda rule: rule | {"rates": {"D": 0.9, "B": 0.1}, "topics": ["a"]})
)
REGISTRY = kind(
    "database",
    sharing=st.sampled_from(["siloed", "regional", "central"]),
    entry_error=SHARE,
    misdirected=SHARE,
    minor_term=st.integers(1, 5),
    general_term=st.integers(1, 8),
    serious_term=st.integers(1, 255),
    delay=st.integers(0, 4),
    only_illegal=st.booleans(),
)
OBJECTIONS = kind("none") | kind(
    "review",
    contest=SHARE,
    groundless=SHARE,
    upheld=SHARE,
    wrongly_upheld=SHARE,
    months=st.integers(1, 4),
    appeal=SHARE,
    appeal_months=st.integers(1, 3),
    reverses_listing=st.booleans(),
)
VIOLATIONS = kind("none") | kind(
    "hazard", complaints=per_topic(SHARE), false_complaints=per_topic(SHARE), log=st.booleans()
)
REPORTING = kind("none") | kind(
    "duty",
    fixed=st.sampled_from([0.0, 0.01]),
    per_rule=st.sampled_from([0.0, 0.0001]),
    by_ownership=st.sampled_from([{}, {"foreign": 3.0}]),
    setup=st.sampled_from([0.0, 0.5]),
    self_report=per_topic(SHARE),
    self_report_steps=st.integers(0, 2),
    misreport=per_topic(SHARE),
    misreport_penalty=st.sampled_from([0.0, 5.0]),
)
MONITORING = kind("none") | kind(
    "coverage", share=per_topic(SHARE), false_alarms=per_topic(SHARE), cost=per_topic(st.sampled_from([0.0, 0.01]))
)
INQUIRY = (
    kind("none")
    | kind("random", rate=per_topic(SHARE), traceable=st.integers(1, 6))
    | kind("discrepancy", flagged=per_topic(SHARE), false_flags=per_topic(SHARE))
)
PROTECTION = kind("none") | kind("levels", leak_rate=SHARE, sensitivity=per_topic(SHARE))
COMMON = {
    "direct": st.booleans(),
    "direct_months": st.sampled_from([0, 5]),
    "score_months": st.sampled_from([0, 3]),
    "barred_months": st.sampled_from([0, 4]),
    "after_lowest": st.sampled_from([0.0, 20.0]),
    "most_up": st.sampled_from([0, 1]),
    "least_change": st.sampled_from([0.0, 4.0]),
    "most_change": st.sampled_from([None, 9.0]),
    "conditions": st.sampled_from(
        [{}, {"c": {"down": 1, "severity": "general"}, "y": {"grade": "C", "younger_than": 4, "records": 0}}]
    ),
    "floor": st.sampled_from([None, 0.0]),
    "cap": st.sampled_from([None, 99.0]),
    "new_firm_grade": st.sampled_from([None, "B"]),
    "new_firm_months": st.integers(1, 12),
    "calendar": st.sampled_from([1, 3, 12]),
    "coverage": st.sampled_from([{}, {"private": 0.5}]),
    "opt_out": SHARE,
    "rater_bias": st.sampled_from([0.0, 5.0]),
    "noise": st.sampled_from([0.0, 5.0]),
}
SECTOR = {"topics": st.sampled_from([[], ["a"]])}
POINTS = COMMON | {
    "minor": per_topic(st.sampled_from([0.0, 3.0])),
    "serious": st.sampled_from([0.0, 30.0, 500.0]),
    "clean_bonus": st.sampled_from([0.0, 4.0]),
    "clean_bonus_cap": st.sampled_from([0.0, 8.0]),
}
TIERS = {"promotion": SHARE, "fall": st.sampled_from(["one", "lowest"]), "start": st.sampled_from([None, "D"])}
RATING = (
    kind("points", **POINTS, **SECTOR)
    | kind("topic_tiers", **POINTS)
    | kind("worst_topic", **POINTS, **SECTOR)
    | kind("weighted", **POINTS, **SECTOR, weights=per_topic(st.sampled_from([1.0, 3.0])))
    | kind("checklist", **COMMON, **SECTOR)
    | kind("percentile", **POINTS, **SECTOR)
    | kind("decay", **COMMON, **SECTOR, persistence=st.sampled_from([0.0, 0.9]))
    | kind("tiers", **TIERS).map(lambda rule: rule | {"tiers": ["A", "B", "C", "D"]})
)
LIST = st.fixed_dictionaries(
    {"max_months": st.integers(2, 6), "min_months": st.integers(0, 2)},
    optional={
        "colour": st.sampled_from(["black", "black", "red"]),
        "serious": st.integers(1, 2),
        "records": st.integers(0, 2),
        "grade": st.sampled_from([None, "D", "C"]),
        "clean_months": st.integers(0, 6),
        "published": st.booleans(),
        "window": st.integers(0, 5),
        "amount": st.sampled_from([0.0, 0.5]),
        "refusal": SHARE,
        "cured": st.sampled_from([0.0, 0.9]),
        "at_stake": st.booleans(),
        "initial": SHARE,
    },
).map(lambda rule: rule | {"initial": 0.0} if rule.get("colour") == "red" else rule)
REPAIR = (
    kind("none")
    | kind("timed")
    | kind(
        "application",
        applications=SHARE,
        clean_months=st.integers(0, 4),
        delay=st.integers(0, 3),
        cost=st.sampled_from([0.0, 0.5]),
        anticipated=st.booleans(),
        points_back=st.booleans(),
    )
    | kind(
        "graded",
        applications=SHARE,
        clean_months=st.integers(0, 4),
        delay=st.integers(0, 3),
        minor_max=st.integers(1, 9),
        general_max=st.integers(3, 9),
        serious_min=st.integers(0, 5),
        anticipated=st.booleans(),
        points_back=st.booleans(),
    )
)
ACCOUNTABILITY = kind("none") | kind("rated_agencies", share=SHARE, norm=SHARE, response=SHARE, compensation=SHARE)
MEASURE = st.fixed_dictionaries(
    {
        "agency": st.sampled_from(["a", "b"]),
        "lever": LEVERS,
        "size": st.sampled_from([0.01, 0.3, 1.0, 50.0]),
        "lists": st.lists(st.sampled_from(["la", "lb"]), min_size=1, max_size=2, unique=True),
    },
    optional={"grade": st.sampled_from(["D", "C", "A"]), "enumerated": st.booleans()},
)
PARTNER = (
    kind("none")
    | kind(
        "linear",
        strength=st.sampled_from([0.0, 0.3, 0.99]),
        direction=st.sampled_from(["suppliers", "buyers", "both"]),
        weighting=st.sampled_from(["value", "equal"]),
        reach=st.sampled_from(["first_order", "truncated", "recursive"]),
        hops=st.integers(1, 5),
    )
    | kind(
        "linear",
        threshold=st.sampled_from([0.1, 0.5, 1.5]),
        direction=st.sampled_from(["suppliers", "buyers", "both"]),
        weighting=st.sampled_from(["value", "equal", "sum"]),
        reach=st.sampled_from(["first_order", "recursive"]),
    ).map(lambda rule: rule | {"mode": "list"})
)
CARRIED: dict[str, Any] = {
    "strength": st.sampled_from([0.0, 0.3, 0.99]),
    "mode": st.sampled_from(["points", "grade", "list", "lever"]),
    "reach": st.sampled_from(["first_order", "truncated", "recursive"]),
    "hops": st.integers(1, 5),
    "rule": st.sampled_from(["threshold", "probability"]),
    "threshold": st.sampled_from([0.1, 0.5, 1.5]),
    "chance": SHARE,
    "gap": st.integers(0, 3),
    "share": SHARE,
}
CONTRACTED = CARRIED | {
    "mode": st.sampled_from(["records", "points", "grade", "list", "lever"]),
    "topics": st.sampled_from(["all", ["a"], ["a", "b"]]),
    "weighting": st.sampled_from(["value", "equal"]),
}
SPILLOVER = mapping(
    partner=PARTNER | kind("linear", **CARRIED, direction=st.sampled_from(["suppliers", "buyers", "both"])),
    contractor=kind("none") | kind("linear", **CONTRACTED).map(lambda rule: {"topics": "all"} | rule),
    group=kind("none")
    | kind("linear", **CARRIED, direction=st.sampled_from(["branch_to_parent", "parent_to_branch", "both"])),
    person=kind("none")
    | kind("associated_d", months=st.integers(1, 12), memory=st.integers(1, 60))
    | kind("linear", **CARRIED, months=st.integers(0, 12)),
    staff=kind("none") | kind("linear", strength=SHARE, shortfall=st.sampled_from([0.0, 40.0]), persistence=SHARE),
    layers=st.sampled_from(["any", "any", "all", "sum"]),
)


def _together(spillover: dict[str, Any], measures: bool) -> None:
    """Make random channels fit each other: those in the same mode reach equally far, and together they converge."""
    layers = spillover.get("layers", "any")
    for name in ("partner", "contractor", "group", "person"):
        rule = spillover.get(name, {"kind": "none"})
        if rule["kind"] != "linear":
            continue
        if rule.get("mode") == "lever" and not measures:
            rule["mode"] = "points"
        if rule.get("reach") == "recursive" or layers != "any":
            rule["strength"] = min(rule.get("strength", 0.2), 0.99 if layers == "any" else 0.2)
        if layers != "any":
            rule |= {"reach": "recursive", "rule": "threshold"}


JOINT = kind("none") | kind(
    "memorandum",
    agencies=st.sampled_from(["all", ["a", "b"]]),
    strength=SHARE,
    scope=st.sampled_from(["unlimited", "enumerated", "related"]),
    related=st.sampled_from([{}, {"a": ["b", "c"]}]),
    within_law=st.booleans(),
    proportionality=st.sampled_from(["flat", "proportional"]),
)
TRUST = st.sampled_from([0.0, 0.5, 1.0])
TRADE = kind("none", headroom=st.sampled_from([1.0, 1.3]), trust_elasticity=TRUST) | kind(
    "generalised_leontief",
    trust_elasticity=TRUST,
    rationing=st.sampled_from(["orders", "initial"]),
    replaceability=st.sampled_from(["market_share", "none"]),
    substitution=SHARE,
    headroom=st.sampled_from([1.0, 1.3]),
)
FINANCE = kind(
    "accounts",
    shock=st.sampled_from([0.0, 0.1, 1.0]),
    equity=st.sampled_from([0.1, 3.0]),
    debt=st.sampled_from([0.0, 2.0]),
    payout=SHARE,
    tax_rate=SHARE,
    margin=st.sampled_from([0.0, 0.08, 0.9]),
    fixed_wages=SHARE,
    file=st.sampled_from(["separate", "merged"]),
    working_capital=st.sampled_from([0.0, 2.0]),
    rationed=st.sampled_from([{}, {"private": 0.4, "state": 1.0}]),
    monitor_risk=SHARE,
    missed_interest=st.booleans(),
    liquidation_cost=st.sampled_from([0.0, 0.4]),
)
LOANS = st.sampled_from([{}, {"A": 7.0, "C": 1.0}])
OVERSEAS = kind("none") | kind(
    "extraterritorial",
    coverage=SHARE,
    detection=st.sampled_from([0.0, 1.0, 9.0]),
    consequences=st.lists(st.sampled_from(["publication", "customs_delay", "links"]), unique=True),
    trade_credit=SHARE,
    trade_agency=st.sampled_from(TOPICS),
)
PARTNERS = kind("none") | kind(
    "search",
    review=SHARE,
    success=SHARE,
    attempts=st.integers(1, 6),
    headroom=st.sampled_from([0.0, 1.3, 10.0]),
    avoid_listed=st.booleans(),
    switching_cost=st.sampled_from([0.0, 2.0]),
)
EXIT = kind("none") | kind(
    "standard",
    background=st.sampled_from([0.0, 0.3, 0.99]),
    size_elasticity=st.sampled_from([-2.0, -0.25, 0.0]),
    insolvency=st.booleans(),
    outside_option=st.sampled_from([-1.0, 0.02, 1.0]),
    voluntary=st.sampled_from([0.0, 0.9]),
)
ENTRY = kind("none") | kind("replacement", rate=SHARE, same_person=SHARE)
POPULATION = kind(
    "generated",
    firms=st.sampled_from([2, 13, 40]),
    regions=st.sampled_from([1, 3]),
    branch_share=st.sampled_from([0.0, 0.5]),
    shared_person_share=st.sampled_from([0.0, 0.5]),
    foreign_share=st.sampled_from([0.0, 0.5]),
    essential=st.sampled_from(["share", "all", "none"]),
    mean_suppliers=st.sampled_from([0.5, 4.0]),
)


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, Any]:
    """Return plain data of a consistent scenario with three topics, two lists and up to four measures."""
    data: dict[str, Any] = {
        "seed": draw(st.integers(0, 2**63 - 1)),
        "months": draw(st.integers(1, 12)),
        "population": draw(POPULATION),
        "topics": {name: draw(TOPIC) for name in TOPICS},
        "learning": draw(LEARNING),
        "behaviour": draw(BEHAVIOUR),
        "violations": draw(VIOLATIONS),
        "reporting": draw(REPORTING),
        "monitoring": draw(MONITORING),
        "inspection": draw(INSPECTION),
        "inquiry": draw(INQUIRY),
        "fines": draw(kind("none") | kind("statutory", scale=st.sampled_from([0.0, 1.0, 10.0]))),
        "registry": draw(REGISTRY),
        "objections": draw(OBJECTIONS),
        "protection": draw(PROTECTION),
        "accountability": draw(ACCOUNTABILITY),
        "rating": draw(RATING),
        "trade": draw(TRADE),
        "finance": draw(FINANCE),
        "partners": draw(PARTNERS),
        "exit": draw(EXIT),
        "entry": draw(ENTRY),
        "lists": {"la": draw(LIST) | {"topic": "a"}, "lb": draw(LIST) | {"topic": "b"}},
        "repair": draw(REPAIR),
        "spillover": draw(SPILLOVER),
        "measures": draw(st.dictionaries(st.sampled_from(["m1", "m2", "m3"]), MEASURE)),
        "rewards": draw(st.dictionaries(st.sampled_from(["r1"]), MEASURE)),
        "joint_punishment": draw(JOINT),
    }
    _together(data["spillover"], bool(data["measures"]))
    if data["rating"].get("rater_bias"):
        data["behaviour"]["traits"] = {"connected": {"private": 0.3}}
    if data["registry"].get("sharing", "siloed") != "siloed":
        data["registry"]["withheld"] = draw(st.sampled_from([[], ["b"], ["a", "c"]]))
        if draw(st.booleans()):
            data["lists"]["lb"]["topic"] = "general"
    if data["inspection"]["kind"] == "quota" and data["population"].get("firms", 1000) < 13:
        data["inspection"]["number"] = draw(st.integers(0, 2))
    if data["population"].get("firms") == 40 and draw(st.booleans()):
        data["population"]["overseas"] = 0.4
        data["overseas"] = draw(OVERSEAS)
        if data["inspection"]["kind"] == "quota":
            data["inspection"]["number"] = draw(st.integers(0, 9))
    if data["finance"].get("rationed"):
        data["finance"] |= {"social_loans": draw(LOANS), "loan_agency": draw(st.sampled_from(TOPICS))}
        if data["trade"]["kind"] != "none":
            data["finance"] |= {"trade_credit": 2.0, "grade_worth": draw(st.sampled_from([0.0, 12.0]))}
    return data


def _assert_month(model: CreditRegime, before: np.ndarray[Any, Any], active: np.ndarray[Any, Any]) -> None:
    assert_sound(model)
    world = model.world
    for name, values in model.series.latest.items():
        assert np.isfinite(values).all(), name
    if model.spec.finance.kind == "accounts":
        net = world.ledger.net()[:, 0]
        scale = float(np.abs(world.ledger.flows).sum()) + float(np.abs(before).sum())
        np.testing.assert_allclose(assets(world) - before, net, rtol=0, atol=1e-6 * scale + 1e-5)
    left = int((active & ~world.firms.active).sum())
    assert left <= int(model.series.latest["exits"].sum())
    assert 0 <= float(model.series.latest["compliance"].sum()) <= 1 + 1e-6


@settings(max_examples=120)
@given(scenarios())
def test_any_valid_scenario_runs_and_stays_sound(data: dict[str, Any]) -> None:
    spec = Scenario.parse(data)
    model = CreditRegime(spec)
    for _ in range(spec.months):
        before, active = assets(model.world), model.world.firms.active.copy()
        model.step()
        _assert_month(model, before, active)
    frame = model.series.monthly()
    assert np.isfinite(frame.to_numpy(float)).all()
    assert np.isfinite(model.series.by_topic().drop(columns="topic").to_numpy(float)).all()
    assert Scenario.parse(spec.model_dump(mode="json")) == spec


@pytest.mark.parametrize("regime", REGIMES)
def test_every_preset_stays_sound(regime: str) -> None:
    watched = {"monitoring": {"kind": "coverage", "share": 0.2}}
    model = CreditRegime(small(regime, **{"exit.background": 0.15, "months": 40}, **watched))
    for _ in range(40):
        before, active = assets(model.world), model.world.firms.active.copy()
        model.step()
        _assert_month(model, before, active)


@settings(max_examples=25)
@given(
    delay=st.integers(0, 6),
    terms=st.tuples(*[st.integers(1, 9)] * 3),
    wait=st.integers(0, 3),
    delist=st.sampled_from(["timed", "application", "graded"]),
)
def test_live_counts_are_the_recount_of_the_table(delay: int, terms: tuple[int, ...], wait: int, delist: str) -> None:
    repair = {"kind": delist} | ({"applications": 1.0, "clean_months": 0, "delay": 1} if delist != "timed" else {})
    spec = small(
        "central_score",
        **{"months": 30, "monitoring.share": 0.5, "registry.delay": delay, "exit.background": 0.3, "entry.rate": 0.4},
        **{f"registry.{name}_term": term for name, term in zip(("minor", "general", "serious"), terms, strict=True)},
        lists={"all": {"records": 1, "min_months": wait, "max_months": 8}},
        repair=repair,
        behaviour={"kind": "none"},
        measures={},
    )
    model = CreditRegime(spec)
    for _ in range(30):
        model.step()
        np.testing.assert_array_equal(model.world.firms.live, recount(model.world, model.world.month - 1))
    assert len(model.world.records) > 50


@settings(max_examples=40)
@given(scenarios(), st.sampled_from(["tpoics", "", "seeds", "kind"]), st.integers() | st.text() | st.lists(st.none()))
def test_a_foreign_key_in_a_valid_scenario_is_refused(data: dict[str, Any], key: str, value: Any) -> None:
    with pytest.raises(ScenarioError) as caught:
        Scenario.parse(data | {key: value})
    assert str(caught.value).startswith(f"{key or 'scenario'}: unknown key") or str(caught.value).startswith(
        ": unknown key"
    )
    assert "\n" not in str(caught.value)
