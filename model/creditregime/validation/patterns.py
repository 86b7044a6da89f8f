"""Patterns: stylised facts of the literature, as signed effects in the full model.

Effects are means of paired differences over seeds, with 95% intervals. Each statement says what a rule assumes and
what emerges. A fact that the model does not show stays in the table, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from creditregime.model import CreditRegime
from creditregime.scenario import Scenario
from creditregime.validation.findings import Finding, all_close, sampled, untestable
from creditregime.validation.oracles import Size, oracle, reduction
from creditregime.validation.twins import Reals, advance, effect, late, mean, worlds

NO_SYSTEM: dict[str, Any] = {
    "rating": {"kind": "none"},
    "lists": {},
    "measures": {},
    "rewards": {},
    "spillover": {},
    "joint_punishment": {"kind": "none"},
}
"""Laws, inspections and fines alone."""


@oracle("patterns", source="Blundell, Gowrisankaran, Langer, AER 2020", reductions=("pattern_history",))
def history_dependent_enforcement(size: Size) -> Iterator[Finding]:
    """Violations rise when enforcement ceases to depend on a firm's history, with fines and inspections as before.

    Statutory fines and the number of inspections are the same. In the source pollution damages rise by 164%.
    Inspections are an exact quota in all twins: drawn with weights by grade, or uniformly. Emerges: firms are told
    neither the weights nor the effect; those that violate often are caught more often, learn it, and stand to lose
    their standing. The sign is tested, not the size.
    """
    base = reduction("pattern_history")
    data = base.model_dump(mode="json")
    rule = data["inspection"]
    weights = {grade: rate / rule["rate"] for grade, rate in rule["rates"].items()}
    quota = {name: rule[name] for name in ("sensitivity", "false_positive", "complaint_response")}
    quota |= {"kind": "quota", "number": max(round(rule["rate"] * data["population"]["firms"] / 12), 1)}
    by_history = base.changed({"inspection": quota | {"weights": weights}})
    plain = {
        kind: {n: m for n, m in data[kind].items() if m["lever"] != "inspection"} for kind in ("measures", "rewards")
    }
    uniform = base.changed({"inspection": quota} | plain)
    found = worlds((by_history, uniform, uniform.changed(NO_SYSTEM)), size.of(30, 5), _violations_and_visits)
    yield all_close("inspections in all twins", np.tile(found[0, :, 1], 2), found[1:, :, 1])
    yield effect("violations where inspections do not look at grades", "more", found[1, :, 0], found[0, :, 0])
    yield effect("violations where nothing depends on records", "more", found[2, :, 0], found[0, :, 0])


def _violations_and_visits(model: CreditRegime) -> tuple[float, float]:
    (violations,) = late(model, "violations")
    return violations, float(model.world.regulators.inspections.sum())


@oracle("patterns", source="Huang, Tao, Wang, J. Financial Research 2023", reductions=("pattern_lists",))
def credit_system_and_violations(size: Size) -> Iterator[Finding]:
    """Firms under the social credit system violate less than under laws, inspections and fines alone.

    Joint punishment adds to it. Emerges: what grades and lists cost is assumed, what firms make of it is not.
    """
    base = reduction("pattern_lists")
    twins = (base, without_system(base), base.changed({"joint_punishment": {"kind": "none"}}))
    found = worlds(twins, size.of(30, 4), lambda model: late(model, "violations"))[:, :, 0]
    yield effect("violations with the system, against fines alone", "less", found[0], found[1])
    yield effect("violations without joint punishment, against with", "more", found[2], found[0])


@oracle(
    "patterns",
    source="Huang, Tao, Wang, J. Financial Research 2023; Zhao, Li, Liu, EAP 2025",
    reductions=("pattern_lists",),
    known=(
        "in the model the system takes from firms and gives little back: sanctions cost revenue, and rewards save the"
        " clean ones far less. The studies' channel, that public information opens cheaper finance to sound firms, is"
        " there for bank-tax loans and trade credit only, and off in this preset"
    ),
)
def credit_system_and_failure(size: Size) -> Iterator[Finding]:
    """Fewer firms fail under the social credit system than under laws, inspections and fines alone."""
    base = reduction("pattern_lists")
    found = worlds((base, without_system(base)), size.of(30, 4), _insolvencies)[:, :, 0]
    yield effect("insolvencies per 1,000 firms and year", "less", found[0], found[1])


def without_system(base: Scenario) -> Scenario:
    """Return the scenario with uniform inspections and fines alone, at the base rate of inspections."""
    rate = base.model_dump(mode="json")["inspection"]["rate"]
    return base.changed(NO_SYSTEM | {"inspection": {"kind": "uniform", "rate": rate}})


def _insolvencies(model: CreditRegime) -> tuple[float]:
    (number,) = late(model, "exits_insolvency")
    return (12_000 * number / model.world.rows,)


@oracle("patterns", source="Guo, Yang, Neng, JEM 2025", reductions=("pattern_graded",))
def mandatory_and_graded_ratings(size: Size) -> Iterator[Finding]:
    """Environmental ratings lower violations, more so if mandatory, if graded, and at large firms.

    Graded: several grades with consequences each, instead of pass and fail. Voluntary: half of the firms opt out,
    whoever they are. Pass and fail: the lowest colour and its consequences alone. Compared are expected violations of
    the environmental topic, given efforts. Emerges, but for what opting out does.
    """
    base = reduction("pattern_graded")
    found = worlds([*_participation(base)], size.of(30, 4), _slack_by_size)
    mandatory, voluntary, pass_fail, unrated = found
    yield effect("expected violations, rated against not", "less", mandatory[:, 0], unrated[:, 0])
    yield effect("mandatory against voluntary participation", "less", mandatory[:, 0], voluntary[:, 0])
    yield effect("five colours against pass and fail", "less", mandatory[:, 0], pass_fail[:, 0])
    change = mandatory - unrated
    yield effect("effect on the largest quarter against the smallest", "less", change[:, 1], change[:, 2])


def _participation(base: Scenario) -> Iterator[Scenario]:
    data = base.model_dump(mode="json")
    uniform = {"inspection": {"kind": "uniform", "rate": data["inspection"]["rate"]}, "rewards": {}}
    (worst, cut), lowest = list(data["rating"]["bands"].items())[-1], data["rating"]["lowest"]
    harsh = {name: rule for name, rule in data["measures"].items() if rule["grade"] == lowest}
    yield base
    yield base.changed({"rating.opt_out": 0.5})
    yield base.changed(uniform | {"rating.bands": {worst: cut}, "measures": harsh})
    yield base.changed(uniform | {"rating": {"kind": "none"}, "measures": {}})


def _slack_by_size(model: CreditRegime) -> tuple[float, float, float]:
    firms, k = model.world.firms, model.world.topics.index("environment")
    small, large = np.quantile(firms.size, (0.25, 0.75))
    total: Reals = np.zeros(3)
    for month in advance(model, model.spec.months):
        if month > model.spec.months // 2:
            expected = firms.hazard[k] * (1 - firms.effort[k])
            groups = (firms.active, firms.active & (firms.size > large), firms.active & (firms.size < small))
            total += [mean(expected, group) for group in groups]
    one, big, little = total
    return one, big, little


@oracle(
    "patterns",
    source="State Council site, June 2020 (0.57% and 84.76% in 2019); GACC Order 251",
    reductions=("pattern_inspection_ratio",),
)
def inspection_ratio_of_customs_grades(size: Size) -> Iterator[Finding]:
    """Discredited firms are inspected about 150 times as often as advanced certified ones, 84.76% against 0.57% a year.

    By construction: the preset takes these rates as its own. Tested is that nothing else brings an inspector to
    anybody, and that rates a year are kept as months go by and grades change.
    """
    base = reduction("pattern_inspection_ratio", population__firms=size.of(1000, 500))
    found = worlds((base,), size.of(30, 8), _visits_by_grade)[0].sum(axis=0)
    visits, months = found[:2], found[2:]
    chance = visits / months
    yearly = 1 - (1 - chance) ** 12
    error = 12 * (1 - chance) ** 11 * np.sqrt(chance * (1 - chance) / months)
    for number, (grade, rate) in enumerate((("discredited", 0.8476), ("advanced certified", 0.0057))):
        yield sampled(f"{grade}: inspected a year", rate, yearly[number], error[number], int(months[number]))
    ratio, relative = yearly[0] / yearly[1], np.hypot(*(error / yearly))
    yield sampled("ratio", 0.8476 / 0.0057, ratio, ratio * relative, int(months.sum()))


def _visits_by_grade(model: CreditRegime) -> list[float]:
    """Return visits to the lowest and the highest grade, and the firm-months spent in each."""
    world, firms = model.world, model.world.firms
    k, grades = world.topics.index("customs"), (0, world.law.best)
    count = np.zeros((2, 2))
    held, active = firms.grade[k].copy(), firms.active.copy()
    for _ in advance(model, model.spec.months):
        for number, grade in enumerate(grades):
            rows = active & (held == grade)
            count[:, number] += firms.inspected[k, rows].sum(), rows.sum()
        held, active = firms.grade[k].copy(), firms.active.copy()
    return [float(value) for value in count.ravel()]


@oracle("patterns", source="as named in each row")
def facts_beyond_the_model(size: Size) -> Iterator[Finding]:
    """Other published facts concern what the model does not have, or their result could not be read."""
    for fact, claim, why in _BEYOND:
        yield untestable(fact, claim, why)


_BEYOND = (
    (
        "judgment defaulters perform more as sanctions widen, 9% to 23% (2016-2018)",
        "more",
        "firms do not decide when to perform: a listed firm does so with a given chance (lists.*.cured)",
    ),
    ("A-rated firms innovate more, most far from suppliers (Zuo et al. 2023; IJERPH 2022)", "more", "no innovation"),
    ("credit ratings raise productivity (Ji, Gao 2020)", "more", "productivity is given"),
    ("A-rated parents use tax havens less (Zhou, Liu, Lei 2025)", "less", "no profit shifting within groups"),
    ("cities with more dishonest firms export less (CCBN)", "less", "export demand is given, and not by city"),
    ("dishonest firms raise audit fees of the clean (Xu, Wang 2025)", "more", "no auditors"),
    ("A-rated firms extend more trade credit (Fan et al. 2023)", "more", "a seller's own grade moves no terms"),
    ("revenue pressure biases ratings (Dai et al. 2024)", "sign not read", "no regional budgets"),
    ("lists change loans of firms not on them (Zhou, Zhou, Ran 2022)", "sign not read", "the result was not seen"),
    ("joint punishment acts through equity links (JFE 2025)", "sign not read", "the result was not seen"),
)
