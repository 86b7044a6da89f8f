"""The peer on data frames, firms and the state: stages 1 to 10 of a month as expressions over the frame of firms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from benchmarks.peer_frames_parts import at_least, at_most, graded, joined, lever, looked_up, of, total
from benchmarks.peer_parts import MINOR, SERIOUS, Sanction
from creditregime.codes import Lever, Origin

if TYPE_CHECKING:
    from benchmarks.peer_frames import FramesPeer


# Stages 1 to 4: learn, choose, violate


def learn(model: FramesPeer) -> None:
    """Move beliefs by own experience, partners' findings and the published rate."""
    rule = model.rules.scenario.learning
    model.set(aware=pl.col("aware") + (1 - pl.col("aware")) / rule.learning_months, fines=pl.lit(0.0))
    if not model.month:
        return
    caught = model.firms.filter("caught").select("unique_id")
    alarm = model.links.join(caught, left_on="supplier", right_on="unique_id", how="semi")
    model.firms = joined(model.firms, alarm.group_by("buyer").agg(alarm=pl.sum("weight")), "unique_id", "buyer")
    alarmed = at_most(pl.col("alarm") / at_least(pl.col("domestic_inputs"), 1e-9), 1) * rule.partners
    model.set(alarm=alarmed)
    model.set(**{f"belief_{k}": believed(model, k) for k in model.rules.topics})


def believed(model: FramesPeer, k: int) -> pl.Expr:
    """Return the new belief of a topic."""
    rule, old = model.rules.scenario.learning, of("belief", k)
    own = old + rule.own * ((of("found", k) > 0).cast(pl.Float64) - old)
    belief = pl.when(of("violation", k) > 0).then(own).otherwise(old)
    belief = belief + pl.col("alarm") * (1 - belief)
    return belief + rule.transparency * (model.published[k] - belief)


def choose(model: FramesPeer) -> None:
    """Move efforts towards the best response."""
    rules = model.rules
    worse = {}
    for severity, (points, value) in enumerate(zip(rules.points, rules.term_value, strict=True)):
        after = pl.min_horizontal(graded(rules.bounds, pl.col("score") - points), "grade")
        more = looked_up(rules.grade_cost, after) - looked_up(rules.grade_cost, pl.col("grade"))
        worse[f"worse_{severity}"] = more * value
    model.set(**worse)
    model.set(**{f"effort_{k}": chosen(model, k) for k in rules.topics})
    beyond = [at_least(of("effort", k) - pl.col("intrinsic"), 0).pow(2) * (rules.cost[k] / 2) for k in rules.topics]
    model.set(compliance=total(beyond) * pl.col("cost_factor") * pl.col("size"))


def chosen(model: FramesPeer, k: int) -> pl.Expr:
    """Return the new effort of a topic."""
    rules = model.rules
    terms, shares = rules.lists[k], rules.shares[k]
    chance = pl.when(of("serious", k) + 1 >= terms.serious).then(shares[2]).otherwise(0.0)
    chance = pl.when(of("entries", k) + 1 >= terms.records).then(1.0).otherwise(chance)
    listing = pl.when(of("listed", k)).then(0.0).otherwise(terms.cost * chance)
    stake = (total([share * of("worse", severity) for severity, share in enumerate(shares)]) + listing) * pl.col(
        "aware"
    )
    gain = (stake + rules.mean_fine[k]) * of("belief", k) * of("hazard", k)
    best = (pl.col("intrinsic") + gain / (pl.col("cost_factor") * rules.cost[k])).clip(0, 1)
    return of("effort", k) + rules.scenario.behaviour.adjustment * (best - of("effort", k))


def operate(model: FramesPeer) -> None:
    """Violate with probability hazard × (1 − effort); somebody may complain, or a sensor see it."""
    scenario, topics = model.rules.scenario, model.rules.topics
    model.draw("violation", "complaint", "monitoring")
    model.set(**{f"violation_{k}": violated(model, k) for k in topics})
    columns = {}
    for k in topics:
        happened = of("violation", k) > 0
        columns[f"complaint_{k}"] = happened & (of("draw_complaint", k) < scenario.violations.complaints)
        seen = happened & (of("draw_monitoring", k) < scenario.monitoring.share)
        columns[f"found_{k}"] = pl.when(seen).then(int(Origin.MONITORING)).otherwise(0).cast(pl.Int64)
    model.set(**columns)


def violated(model: FramesPeer, k: int) -> pl.Expr:
    """Return the severity of a topic's violation, 0 for none."""
    _, general, serious = model.rules.shares[k]
    uniform, chance = of("draw_violation", k), (1 - of("effort", k)) * of("hazard", k)
    severity = 1 + (uniform < chance * (general + serious)).cast(pl.Int64) + (uniform < chance * serious)
    return pl.when(pl.col("active") & (uniform < chance)).then(severity).otherwise(0).cast(pl.Int64)


# Stages 5 to 8: inspection, records, rating, lists


def inspect(model: FramesPeer) -> None:
    """Let agencies go through firms by grade and on complaints; find what was done, or by mistake what was not."""
    rule, topics = model.rules.scenario.inspection, model.rules.topics
    model.draw("inspection", "finding")
    model.set(chance=looked_up(model.rules.rates, pl.col("grade")) * (1 + lever(Lever.INSPECTION)))
    drawn = {k: of("complaint", k) | (of("draw_inspection", k) < pl.col("chance")) for k in topics}
    model.set(**{f"inspected_{k}": pl.col("active") & drawn[k] for k in topics})
    columns = {}
    for k in topics:
        finding = pl.when(of("violation", k) > 0).then(rule.sensitivity).otherwise(rule.false_positive)
        new = of("inspected", k) & (of("found", k) == 0) & (of("draw_finding", k) < finding)
        origin = pl.when(of("complaint", k)).then(int(Origin.COMPLAINT)).otherwise(int(Origin.INSPECTION))
        columns[f"found_{k}"] = pl.when(new).then(origin).otherwise(of("found", k)).cast(pl.Int64)
    model.set(**columns)


def enter_records(model: FramesPeer) -> None:
    """Fine and record findings, what was not there as minor; drop records that expired, and count the others."""
    rules, month, fresh = model.rules, model.month, []
    for k in rules.topics:
        at = at_least(of("violation", k), MINOR) - 1
        fined = looked_up(rules.fine[k], at) * pl.col("size")
        expiry = (month + looked_up(rules.terms, at)).cast(pl.Int64)
        found = model.firms.filter(of("found", k) > 0)
        fresh.append(found.select("unique_id", topic=pl.lit(k), severity=at + 1, expiry=expiry, fine=fined))
    new = pl.concat(fresh)
    fines = new.group_by("unique_id").agg(fines=pl.sum("fine"))
    model.firms = joined(model.firms, fines, "unique_id", "unique_id")
    model.records = pl.concat([model.records, new.drop("fine")]).filter(pl.col("expiry") > month)
    count(model)


def count(model: FramesPeer) -> None:
    """Count each firm's live records by topic, and sum up their points."""
    columns = {"points": looked_up(model.rules.points, pl.col("severity") - 1).sum()}
    for k in model.rules.topics:
        here = pl.col("topic") == k
        columns[f"entries_{k}"] = here.sum().cast(pl.Int64)
        columns[f"serious_{k}"] = (here & (pl.col("severity") == SERIOUS)).sum().cast(pl.Int64)
    counts = model.records.group_by("unique_id").agg(**columns)
    model.firms = joined(model.firms, counts, "unique_id", "unique_id")


def rate(model: FramesPeer) -> None:
    """Take points from the base and read grades off the bands; keep blacklists by new records and terms."""
    rules, month, base = model.rules, model.month, model.rules.scenario.rating.base
    model.set(own_score=base - pl.col("points"), caught=pl.any_horizontal([of("found", k) > 0 for k in rules.topics]))
    grade = graded(rules.bounds, pl.col("own_score"))
    shortfall = at_least(base - pl.col("own_score"), 0) * pl.col("active")
    columns = {"own_grade": grade, "shortfall": shortfall}
    for k, terms in enumerate(rules.lists):
        enough = (of("serious", k) >= terms.serious) | (of("entries", k) >= terms.records)
        entering = (of("found", k) > 0) & ~of("listed", k) & enough
        staying = of("listed", k) & (of("since", k) > month - terms.months)
        columns[f"listed_{k}"] = staying | entering
        columns[f"since_{k}"] = pl.when(entering).then(month).otherwise(of("since", k)).cast(pl.Int64)
    model.set(**columns)
    model.set(listed=pl.any_horizontal([of("listed", k) for k in rules.topics]))


# Stages 9 and 10: association, sanctions


def associate(model: FramesPeer) -> None:
    """Deduct a share of the suppliers' mean shortfall, weighted by trade value."""
    rules = model.rules
    links = joined(model.links, model.firms.select("unique_id", "shortfall"), "supplier", "unique_id")
    short = links.group_by("buyer").agg(burden=(pl.col("weight") * pl.col("shortfall")).sum(), bought=pl.sum("weight"))
    model.firms = joined(model.firms, short, "unique_id", "buyer")
    mean = pl.when(pl.col("bought") > 0).then(pl.col("burden") / pl.col("bought")).otherwise(0.0)
    model.set(score=pl.col("own_score") - rules.scenario.spillover.partner.strength * mean)
    model.set(grade=pl.min_horizontal("own_grade", graded(rules.bounds, pl.col("score"))))


def bear(model: FramesPeer) -> None:
    """Let firms bear the measures of every agency, on its own trigger and jointly where one is listed elsewhere."""
    rules = model.rules.sanctions
    model.set(**{f"hit_{i}": pl.col("active") & is_hit(model, rule) for i, rule in enumerate(rules)})
    columns = {}
    for item in Lever:
        sizes = [of("hit", i) * rule.size for i, rule in enumerate(rules) if rule.lever == item]
        columns[f"lever_{item.name.lower()}"] = total(sizes) if sizes else pl.lit(0.0)
    own = [pl.lit(True) if rule.grade is None else pl.col("own_grade") <= rule.grade for rule in rules]
    costs = [of("hit", i) * rule.cost for i, rule in enumerate(rules)]
    columns["sanction_cost"] = total([cost * mine for cost, mine in zip(costs, own, strict=True)])
    columns["associated_cost"] = total([cost * ~mine for cost, mine in zip(costs, own, strict=True)])
    model.set(**columns)
    model.sanctions = sum(int(model.firms[f"hit_{i}"].sum()) for i in range(len(rules)))


def is_hit(model: FramesPeer, rule: Sanction) -> pl.Expr:
    """Tell to whom a measure applies: by grade, by the agency's own list, or by another member's."""
    if rule.listed is None:
        return pl.col("grade") <= (-1 if rule.grade is None else rule.grade)
    jointly = of("joint", rule.agency) < model.rules.scenario.joint_punishment.strength
    return of("listed", rule.listed) | (pl.col("listed") & jointly)


def publish(model: FramesPeer) -> None:
    """Update the published detection rates."""
    step = 1 / 6 if model.month else 1.0
    rates = {f"{k}": (of("found", k) > 0).filter(of("violation", k) > 0).mean() for k in model.rules.topics}
    for k, rate in enumerate(model.firms.select(**rates).row(0)):
        if rate is not None:
            model.published[k] += step * (rate - model.published[k])
