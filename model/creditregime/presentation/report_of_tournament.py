"""What the report of a tournament says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from creditregime.laboratory.tournament import MEASURES
from creditregime.presentation import claims, style, wording
from creditregime.presentation.copies import Table
from creditregime.presentation.report_of_results import described, design_of, facts, with_copies

if TYPE_CHECKING:
    from creditregime.laboratory.tournament import Tournament

ONE_SEED = "One seed gives no interval, and cannot tell a better strategy from a lucky one. More seeds are needed."


def context(played: Tournament) -> dict[str, Any]:
    """Return what the template of tournaments needs."""
    name = played.scenario.title or "untitled scenario"
    board = played.leaderboard()
    return with_copies(
        {
            "title": f"A tournament under “{name}”",
            "question": f"Which strategy earns most under “{name}”, where all of them are played in the same world?",
            "answer": _answer(played, board),
            "labels": (name,),
            "scenarios": [described(name, played.scenario)],
            "design": _design(played),
            "leaderboard": _leaderboard(board),
            "versus": _versus(played),
            "measures": MEASURES,
            "seeds": len(played.seeds),
            "claims": claims.claims(played.scenario),
            "provenance": facts(played.provenance),
            "copies": {},
        }
    )


def _answer(played: Tournament, board: pd.DataFrame) -> list[str]:
    """Return who has the most profit, who beats whom, and who cannot be told apart."""
    rows = [*wording.rows(board)]
    first = rows[0]
    lead = _paired(first.lead, first.lead_low, first.lead_high)
    said = [
        f"{_name(first.strategy)} has the most profit: {wording.number(first.profit, 2)}% of the firm's own initial"
        f" revenue a month, {lead} from the mean of all strategies."
    ]
    if len(played.seeds) == 1:
        return [*said, ONE_SEED]
    pairs = played.versus()
    beaten = {row.strategy: pairs.query("strategy == @row.strategy and low > 0")["other"] for row in rows}
    said += [f"{_name(name)} beats {_list(others)}." for name, others in beaten.items() if len(others)]
    place = {row.strategy: number for number, row in enumerate(rows)}
    open_pairs = [row for row in wording.rows(pairs) if row.low <= 0 <= row.high]
    names = [
        f"{_name(row.strategy)} and {_name(row.other)}" for row in open_pairs if place[row.strategy] < place[row.other]
    ]
    return said + ([f"These seeds cannot tell apart: {'; '.join(names)}."] if names else [])


def _paired(lead: float, low: float, high: float) -> str:
    return f"{wording.number(lead, 2, signed=True)} {wording.interval(low, high, 2)}"


def _name(strategy: str) -> str:
    return f"“{style.readable(strategy)}”"


def _list(strategies: pd.Series) -> str:
    *rest, last = map(_name, strategies)
    return f"{', '.join(rest)} and {last}" if rest else last


def _design(played: Tournament) -> dict[str, str]:
    firms = played.runs.groupby(["seed", "turn"])["firms"].sum().mean()
    players, seeds = len(played.strategies), len(played.seeds)
    return design_of(played.scenario, {"Firms of the start": f"{firms:,.0f}"}, 1) | {
        "Strategies": ", ".join(map(style.readable, played.strategies)),
        "Runs": (
            f"{seeds} seed{'' if seeds == 1 else 's'}, each run {players} times: in one run each strategy has an equal "
            "share of the firms, drawn at random; the shares then move on by one strategy, until each had every firm"
        ),
    }


def _leaderboard(board: pd.DataFrame) -> Table:
    frame = pd.DataFrame(
        {
            "Strategy": style.readable(row.strategy),
            "Profit, %": wording.number(row.profit, 2),
            "Lead, points": wording.number(row.lead, 2, signed=True),
            "95% interval of the lead": wording.interval(row.lead_low, row.lead_high, 2),
            "Beats": f"{row.beats} of {len(board) - 1}",
            **{f"{one.label}, %": wording.number(getattr(row, one.name), 1) for one in MEASURES[1:]},
        }
        for row in wording.rows(board)
    )
    return Table(
        "leaderboard", "The leaderboard, most profit first: means over the seeds, all in percent.", frame, board
    )


def _versus(played: Tournament) -> Table:
    pairs = played.versus()
    cells = {(row.strategy, row.other): _paired(row.lead, row.low, row.high) for row in wording.rows(pairs)}
    order = [*played.leaderboard()["strategy"]]
    rows = [
        {"Strategy": style.readable(one)}
        | {f"less {style.readable(other)}": cells.get((one, other), "–") for other in order}
        for one in order
    ]
    caption = "Profit of the row's strategy less that of the column's, in points, paired by seed, with 95% intervals."
    return Table("versus", caption, pd.DataFrame(rows), pairs)
