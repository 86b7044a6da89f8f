"""Attribution: parts that add up to the effect of `compare`, and firms recounted from plain runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from creditregime.codes import Attribution as Code
from creditregime.errors import CreditRegimeError
from creditregime.laboratory.attribution import Attribution, attribute
from creditregime.laboratory.attribution.accounts import CHANNELS, Followed
from creditregime.laboratory.attribution.channels import examples
from creditregime.laboratory.attribution.folder import write_attribution
from creditregime.laboratory.compare import Comparison, compare
from creditregime.laboratory.run import RunResult, run
from creditregime.model import Month
from tests.helpers import small
from tests.laboratory.conftest import RISKY

TINY = ("population.firms=30", "months=3")


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(*RISKY, seeds=3, workers=1)


@pytest.fixture(scope="module")
def plain(small_attribution: Attribution) -> dict[tuple[str, int], RunResult]:
    """Each seed of both worlds, run by itself."""
    worlds = {"scenario": small_attribution.scenario, "against": small_attribution.against}
    return {(name, seed): run(worlds[name], seed=seed) for name in worlds for seed in (5, 6, 7)}


# Parts of the effect


def test_parts_add_up_to_the_effect_of_compare(small_attribution: Attribution, comparison: Comparison) -> None:
    table = small_attribution.shares()
    parts = table[table["toggle"] != "total"].groupby("outcome", sort=False)["effect"].sum()
    effects = comparison.effects().set_index("outcome")["effect"]
    assert parts.index.tolist() == effects.index.tolist()
    np.testing.assert_allclose(parts, effects, rtol=0, atol=1e-9)
    assert (effects.abs() > 1e-6).sum() > 10


def test_the_corners_are_the_two_worlds_of_compare(small_attribution: Attribution, comparison: Comparison) -> None:
    pd.testing.assert_frame_equal(small_attribution.effects(), comparison.effects(), check_exact=True)
    pd.testing.assert_frame_equal(small_attribution.by_group(), comparison.by_group(), check_exact=True)
    assert small_attribution.labels == comparison.labels


def test_a_toggle_that_acts_on_nothing_gets_nothing() -> None:
    idle = {"joint_punishment.kind": "none", "finance.social_weight": 0.5}  # the merged file's, and there is none
    found = attribute(*RISKY, against=idle, seeds=2, workers=1)
    table = found.shares().set_index(["toggle", "outcome"])
    assert [*found.toggles] == ["joint_punishment", "finance"]
    assert not table.loc["finance", ["effect", "low", "high", "alone", "last"]].to_numpy().any()
    assert table.loc["joint_punishment", "effect"].equals(table.loc["total", "effect"])
    assert not found.interactions()[["effect", "low", "high"]].to_numpy().any()


def test_shares_by_group_add_up_to_the_effects_by_group(small_attribution: Attribution) -> None:
    keys = ["dimension", "group", "outcome"]
    table = small_attribution.shares_by_group()
    parts = table[table["toggle"] != "total"].groupby(keys)["effect"].sum()
    effects = small_attribution.by_group().set_index(keys)["effect"]
    assert len(parts) == len(effects)
    np.testing.assert_allclose(parts, effects.reindex(parts.index), atol=1e-9)


# Firm by firm


def test_fates_are_those_of_two_plain_runs(
    small_attribution: Attribution, plain: dict[tuple[str, int], RunResult]
) -> None:
    lone = 0
    for seed in small_attribution.seeds:
        found = small_attribution.firms[small_attribution.firms["seed"] == seed].set_index("firm")
        exits = {
            name: plain[name, seed].exits.drop_duplicates("firm").set_index("firm") for name in ("scenario", "against")
        }
        here, there = (set(exits[name].index) for name in exits)
        assert set(found.index) == here | there
        expected = {firm: "both" if firm in here & there else "scenario_only" for firm in here}
        expected |= dict.fromkeys(there - here, "against_only")
        assert found["fate"].to_dict() == expected
        for name, table in exits.items():
            left = found.loc[sorted(table.index)]
            for column in ("month", "cause", "attribution"):
                assert left[f"{column}_{name}"].tolist() == table.loc[left.index, column].tolist()
            assert found[f"month_{name}"].isna().sum() == len(found) - len(table)
        lone += len(here ^ there)
    assert lone >= 3


def test_channels_sum_to_the_lone_exits_and_attributions_to_all(
    small_attribution: Attribution, plain: dict[tuple[str, int], RunResult]
) -> None:
    lone, all_exits = (
        small_attribution.channels().set_index("channel"),
        small_attribution.attributions().set_index("attribution"),
    )
    first = {key: set(result.exits["firm"]) for key, result in plain.items()}
    for name, other in (("scenario", "against"), ("against", "scenario")):
        gone = sum(len(first[name, seed] - first[other, seed]) for seed in (5, 6, 7))
        assert lone.loc["all", f"count_{name}"] == lone.drop("all")[f"count_{name}"].sum() == gone
        every = sum(len(first[name, seed]) for seed in (5, 6, 7))
        assert all_exits.loc["all", f"count_{name}"] == all_exits.drop("all")[f"count_{name}"].sum() == every
        assert lone.loc["all", name] == pytest.approx(1000 * gone / (3 * 60))
    assert all_exits.index.tolist() == [*(code.name.lower() for code in [*Code][1:]), "background", "all"]
    per_seed = [1000 / 60 * (len(first["scenario", s]) - len(first["against", s])) for s in (5, 6, 7)]
    margin = 4.302653 * np.std(per_seed, ddof=1) / np.sqrt(3)
    low, high = all_exits.loc["all", ["low", "high"]]
    assert (low, high) == pytest.approx((np.mean(per_seed) - margin, np.mean(per_seed) + margin), abs=1e-5)


def test_the_channel_is_that_of_the_largest_added_loss(small_attribution: Attribution) -> None:
    lone = small_attribution.firms[small_attribution.firms["fate"] != "both"]
    for row in lone.to_dict("records"):
        here, there = ("scenario", "against") if row["fate"] == "scenario_only" else ("against", "scenario")
        more = {name: row[f"{name}_{here}"] - row[f"{name}_{there}"] for name in CHANNELS}
        largest = max(more, key=lambda name: more[name])
        assert row["channel"] == (largest if more[largest] > 0 else "none")
    assert lone["channel"].notna().all()
    assert small_attribution.firms.loc[small_attribution.firms["fate"] == "both", "channel"].isna().all()


class Watched(Followed):
    """Writes down the month's costs by themselves, where `Followed` takes them out of what is remembered."""

    def _leave(self, month: Month) -> None:
        firms, margin = self.world.firms, self.world.law.margins.contribution[0]
        costs = [
            firms.sanction_cost + firms.fines / firms.size,
            firms.associated_cost,
            margin * np.maximum(1 - firms.inputs, 0),
            margin * np.maximum(1 - firms.demand, 0),
            firms.finance_cost,
        ]
        self.written = [*getattr(self, "written", []), np.array(costs, np.float64)]
        super()._leave(month)


def test_losses_are_the_costs_of_each_month() -> None:
    model = Watched(small(**{"finance.shock": 0.3, "finance.file_spread": 0.2, "entry.rate": 0.5, "months": 30}))
    model.run_model()
    written = np.stack(model.written)
    np.testing.assert_allclose(model.lost[:, :-1], written, atol=2e-6)
    assert (written.sum(axis=(0, 2)) > 0).sum() >= 4
    sums = model.lost_until(np.array([3, 7]), np.array([1, 30]))
    np.testing.assert_allclose(sums[:-1, 0], written[0, :, 3], atol=2e-6)
    np.testing.assert_allclose(sums[:-1, 1], written[:, :, 7].sum(axis=0), atol=2e-5)


def test_claims_that_were_lost_are_in_the_account() -> None:
    model = Followed(
        small(**{"finance.trade_credit": 3.0, "finance.shock": 0.3, "finance.file_spread": 0.0, "months": 24})
    )
    model.run_model()
    lost = (model.lost[:, CHANNELS.index("finance")] * model.world.firms.size).sum()
    assert lost == pytest.approx(model.series.monthly()["trade_credit_lost"].sum(), rel=1e-3)
    assert lost > 0


def test_stories_are_those_of_the_firms_named(
    small_attribution: Attribution, plain: dict[tuple[str, int], RunResult]
) -> None:
    lone = small_attribution.firms[small_attribution.firms["fate"] != "both"]
    assert len(small_attribution.stories) == 2 * len(lone)
    for row in small_attribution.stories.to_dict("records"):
        model = plain[row["world"], row["seed"]].model
        assert model is not None
        assert row["story"] == model.firm(row["firm"]).story(1)
    shown = small_attribution.examples()
    for row in shown.to_dict("records"):
        for name in ("scenario", "against"):
            model = plain[name, row["seed"]].model
            assert model is not None
            assert row[f"story_{name}"] == model.firm(row["firm"]).story(1)


def test_examples_are_the_firms_of_the_median_month_in_any_order_of_rows(small_attribution: Attribution) -> None:
    firms, stories = small_attribution.firms, small_attribution.stories
    shown = examples(firms, stories)
    mixed = examples(firms.sample(frac=1, random_state=3), stories.sample(frac=1, random_state=4))
    pd.testing.assert_frame_equal(shown, mixed)
    for row in shown.to_dict("records"):
        world = "scenario" if row["fate"] == "scenario_only" else "against"
        same = firms[(firms["fate"] == row["fate"]) & (firms["channel"] == row["channel"])]
        months = sorted(same[f"month_{world}"])
        assert row[f"month_{world}"] == months[(len(months) - 1) // 2]
    everything = examples(firms, stories, number=1000)
    assert len(everything) == (firms["fate"] != "both").sum()


def test_of_firms_that_leave_in_the_same_month_the_largest_comes_first() -> None:
    columns = {"seed": [2, 1, 1, 1, 1], "firm": [4, 9, 3, 8, 5], "size": [1.0, 1.0, 1.0, 7.0, 0.5]}
    firms = pd.DataFrame(columns | {"fate": "scenario_only", "channel": "finance"})
    firms = firms.assign(month_scenario=[3, 3, 3, 3, 1], month_against=None)
    order = [(1, 5), (1, 8), (1, 3), (1, 9), (2, 4)]  # month, size, seed, firm
    stories = pd.DataFrame({"seed": [1], "firm": [3], "world": ["scenario"], "story": ["its own"]})
    for shuffled in (firms, firms.iloc[::-1], firms.iloc[[2, 0, 4, 1, 3]]):
        found = examples(shuffled, stories, number=5)
        assert list(zip(found["seed"], found["firm"], strict=True)) == order
        median = examples(shuffled, stories)
        assert median[["seed", "firm"]].to_numpy().tolist() == [[1, 3]]
        assert median["story_scenario"].tolist() == ["its own"]


def test_worlds_with_other_firms_are_shared_out_but_not_followed(tmp_path: Path) -> None:
    found = attribute(*TINY, against={"population.firms": 40, "fines.kind": "none"}, seeds=2, workers=1)
    assert [*found.toggles] == ["population", "fines"]
    assert not found.paired_firms
    assert len(found.firms) == 0
    with pytest.raises(CreditRegimeError, match="cannot be paired"):
        found.channels()
    write_attribution(found, tmp_path)
    assert not (tmp_path / "channels.csv").exists()
