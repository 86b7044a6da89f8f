"""Presets: each loads, runs, names its source and its assumptions."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from creditregime import CreditRegime, load
from creditregime.paths import config_root
from creditregime.topics import Topic, eight_topics
from creditregime.units import MONTHS
from tests.helpers import REGIMES, run, small

REQUIRED = {
    "none",
    "fines_only",
    "tax_2014",
    "tax_2025",
    "zhejiang_2021",
    "environment_national_2013",
    "public_ad_2026",
    "environment_jiangsu_2019",
    "rongcheng",
    "customs_251",
    "customs_282",
    "joint_2016",
    "joint_2020",
    "central_score",
    "siloed_topics",
}


def test_the_required_presets_exist() -> None:
    assert set(REGIMES) >= REQUIRED


@pytest.mark.parametrize("regime", REGIMES)
def test_a_preset_runs_and_says_where_it_comes_from(regime: str) -> None:
    spec = load(regime=regime)
    assert all(text.strip() for text in (spec.title, spec.source, spec.assumptions))
    model = run(small(regime, months=14))
    frame = model.series.monthly()
    assert len(frame) == 14
    assert np.isfinite(frame.to_numpy(float)).all()


def test_titles_differ() -> None:
    assert len({load(regime=regime).title for regime in REGIMES}) == len(REGIMES)


@pytest.mark.parametrize("path", sorted(config_root().glob("p*/*.yaml")), ids=lambda path: path.stem)
def test_parts_and_populations_comment_on_their_sources(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert text.lstrip().startswith("#")
    assert isinstance(yaml.safe_load(text), dict)


def test_presets_differ_in_what_they_are_named_for() -> None:
    assert load(regime="none").registry.kind == "none"
    assert load(regime="none").inspection.kind == "none"
    assert load(regime="fines_only").fines.kind == "statutory"
    assert load(regime="siloed_topics").registry.shared is False
    assert load(regime="siloed_topics").rating.kind == "topic_tiers"
    assert load(regime="central_score").registry.shared is True
    before, after = load(regime="joint_2016").joint_punishment, load(regime="joint_2020").joint_punishment
    assert (before.scope, after.scope) == ("unlimited", "enumerated")  # type: ignore[attr-defined]
    assert (before.proportionality, after.proportionality) == ("flat", "proportional")  # type: ignore[attr-defined]
    assert load(regime="joint_2020").repair.kind == "application"
    assert load(regime="tax_2014").rating.grades() == ("D", "C", "M", "B", "A")
    assert len(load(regime="joint_2016").measures) >= 8
    assert len(load(regime="joint_2016").rewards) >= 3


def test_sourced_figures_of_the_presets() -> None:
    tax = load(regime="tax_2014").rating
    assert tax.bands == {"A": 90, "B": 70, "M": 70, "C": 40}  # type: ignore[attr-defined]
    assert (tax.direct, tax.calendar, tax.new_firm_grade) == (True, 12, "M")  # type: ignore[attr-defined]
    assert (tax.base, tax.after_lowest, tax.direct_months, tax.barred_months) == (90, 11, 24, 12)  # type: ignore[attr-defined]
    newer = load(regime="tax_2025").rating
    assert newer.bands == tax.bands  # type: ignore[attr-defined]
    assert (newer.base, newer.direct_months, newer.score_months) == (93, 24, 24)  # type: ignore[attr-defined]
    zhejiang = load(regime="zhejiang_2021").rating
    weights = zhejiang.weights  # type: ignore[attr-defined]
    assert (zhejiang.kind, zhejiang.base, sum(weights.values())) == ("weighted", 1000, 100)  # type: ignore[attr-defined]
    assert (weights["basic_data"], weights["finance_tax"]) == (8, 19.5)
    national = load(regime="environment_national_2013").rating
    assert national.grades() == ("red", "yellow", "blue", "green")
    assert (national.direct, national.conditions["ordinary_incident"].down) == (True, 1)  # type: ignore[attr-defined]
    weights = national.weights  # type: ignore[attr-defined]
    assert (weights["emissions"], weights["penalties_orders"], weights["risk_management"]) == (15, 15, 10)
    public = load(regime="public_ad_2026").rating
    assert public.grades() == ("D", "C", "B", "A")
    assert public.calendar == 12  # type: ignore[attr-defined]
    jiangsu = load(regime="environment_jiangsu_2019").rating
    assert (jiangsu.base, jiangsu.cap) == (9, 12)  # type: ignore[attr-defined]
    scale = [jiangsu.grades()[n] for n in jiangsu.grade_of(np.arange(-1.0, 13, dtype=np.float32))]
    assert scale == ["black"] * 2 + ["red"] * 2 + ["yellow"] * 3 + ["blue"] * 5 + ["green"] * 2
    assert (jiangsu.clean_bonus, jiangsu.clean_bonus_cap) == (1, 2)  # type: ignore[attr-defined]
    assert load(regime="rongcheng").rating.base == 1000  # type: ignore[attr-defined]
    rates = load(regime="customs_251").inspection.rates  # type: ignore[attr-defined]
    assert rates["advanced_certified"] == 0.0057
    assert rates["discredited"] == 0.8476
    newest = load(regime="customs_282")
    assert newest.rating.grades() == (
        "seriously_discredited",
        "discredited",
        "regular",
        "certified",
        "advanced_certified",
    )
    rates = newest.inspection.rates  # type: ignore[attr-defined]
    assert rates["advanced_certified"] < rates["certified"] < rates["regular"] / 5
    assert rates["regular"] < rates["discredited"] < rates["seriously_discredited"]
    repair = newest.repair
    assert repair.kind == "graded"
    assert [repair.minor_max, repair.general_max, repair.serious_max] == [3, 12, 36]  # type: ignore[attr-defined]


def test_the_part_with_eight_topics_holds_the_defaults() -> None:
    text = (config_root() / "parts" / "eight_topics.yaml").read_text(encoding="utf-8")
    assert {name: Topic(**given) for name, given in yaml.safe_load(text)["topics"].items()} == eight_topics()


def test_the_tax_presets_give_about_the_published_shares_of_grades() -> None:
    """Bands of domain 1a, widened by four standard errors of 2 x 500 firms and by what the seeds differ."""
    last = [
        run(load(regime="tax_2014", seed=seed, **{"population.firms": 500})).series.monthly().iloc[-1]
        for seed in (1, 2)
    ]
    shares = {name: float(np.mean([row[f"grade_{name}"] for row in last])) for name in "ABCDM"}
    error = {share: 4 * (share * (1 - share) / 1000) ** 0.5 for share in (0.055, 0.06, 0.105)}
    assert abs(shares["A"] - 0.055) < 0.005 + error[0.055]
    assert abs(shares["D"] - 0.06) < 0.01 + error[0.06]
    assert abs(shares["C"] + shares["D"] - 0.105) < 0.015 + error[0.105]
    assert shares["B"] > 0.7
    assert 0 < shares["M"] < 0.08


def test_customs_282_tolerates_errors_and_tells_two_kinds_of_discredited_firms_apart() -> None:
    model = CreditRegime(small("customs_282"))
    rating, points = model.spec.rating, model.world.law.points[model.world.topics.index("customs")]
    best = 95 + 5
    sums = {"advanced_certified": 99 * points[0], "regular": points[1], "discredited": points[2]}
    sums["seriously_discredited"] = points[1] + points[2]
    after = np.array([best - lost for lost in sums.values()], np.float32)  # clean years apart
    assert [rating.grades()[n] for n in rating.grade_of(after)] == list(sums)


def test_customs_inspects_at_the_published_rates() -> None:
    """Yearly shares of domain 1b, realised over the second half of ten years; within four binomial standard errors."""
    inspected, present = np.zeros((2, 3))
    for seed in (1, 2):
        spec = load(regime="customs_251", seed=seed, **{"population.firms": 1500})
        model = CreditRegime(spec)
        firms, k = model.world.firms, model.world.topics.index("customs")
        while model.world.month < spec.months:
            grade, active = firms.grade[k].copy(), firms.active.copy()
            model.step()
            if model.world.month > spec.months // 2:
                inspected += np.bincount(grade[active & firms.inspected[k]], minlength=3)
                present += np.bincount(grade[active], minlength=3)
    monthly = inspected / present
    published = np.array([0.8476, 0.05, 0.0057])  # lowest grade first
    expected = 1 - (1 - published) ** (1 / MONTHS)
    assert (np.abs(monthly - expected) < 4 * np.sqrt(expected * (1 - expected) / present)).all()
    yearly = 1 - (1 - monthly) ** MONTHS
    assert yearly[2] < 0.2 * yearly[1]
    assert 0.003 < present[0] / present.sum() < 0.04  # one in a hundred is discredited


def test_jiangsu_gives_about_the_published_shares_of_colours() -> None:
    """Bands of domain 1c, widened by four standard errors of 2 x 500 firms."""
    last = [
        run(load(regime="environment_jiangsu_2019", seed=seed, **{"population.firms": 500})).series.by_topic()
        for seed in (1, 2)
    ]
    rows = [frame.query("topic == 'environment'").iloc[-1] for frame in last]
    bands = {
        "green": (0.1387, 0.389),
        "blue": (0.468, 0.7368),
        "yellow": (0.088, 0.17),
        "red": (0.0245, 0.064),
        "black": (0, 0.017),
    }
    shares = {name: float(np.mean([row[f"grade_{name}"] for row in rows])) for name in bands}
    assert sum(shares.values()) == pytest.approx(1)
    for name, (low, high) in bands.items():
        error = [4 * (bound * (1 - bound) / 1000) ** 0.5 for bound in (low, high)]
        assert low - error[0] < shares[name] < high + error[1], name
    assert shares["red"] > 0
