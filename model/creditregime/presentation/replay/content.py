"""What a page carries: one catalogue of names, settings and questions, and a block for every run and economy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from creditregime.codes import CHANNELS, OWNERSHIPS
from creditregime.errors import CreditRegimeError, ScenarioError
from creditregime.indicators.meanings import meaning
from creditregime.laboratory.outcomes import BY_NAME
from creditregime.laboratory.strikes import KINDS
from creditregime.laboratory.sweeps import Sweep
from creditregime.presentation import style
from creditregime.presentation.claims import claims_of_all
from creditregime.presentation.replay.chosen import Chosen, point_of
from creditregime.presentation.replay.description import Description, View
from creditregime.presentation.replay.packing import array_block, text_block
from creditregime.presentation.replay.reel import SLOW, Reel
from creditregime.presentation.replay.settings import positions, settings
from creditregime.presentation.report_of_results import facts
from creditregime.presentation.style import readable

Reels = Mapping[tuple[int, int], Reel]
_HITS = {"listed": "listed", "lowered": "grade held down", "associated": "bears neighbours’ measures"}


def catalogue(result: Sweep, chosen: Chosen, page: Description) -> dict[str, Any]:
    """Return what there is to say before anything is simulated, as plain data; refuse what the page does not have."""
    return {
        "title": page.title or result.study.title or "Twin worlds",
        "question": result.study.question,
        "introduction": page.introduction,
        "settings": settings(result, chosen, page.labels),
        "positions": positions(result, chosen),
        "points": chosen.points,
        "seeds": chosen.seeds,
        "months": chosen.months,
        "firms": chosen.firms,
        "indicators": [_indicator(name) for name in chosen.indicators],
        "ownerships": OWNERSHIPS,
        "hits": [_HITS[kind] for kind in KINDS],
        "channels": ["", *CHANNELS],
        "opening": _view(result, chosen, page.opening, page.opening, "opening"),
        "questions": _questions(result, chosen, page),
        "claims": [vars(claim) for claim in claims_of_all(chosen.scenarios)],
        "provenance": facts(result.provenance),
    }


def seen(chosen: Chosen, reels: Reels) -> dict[str, Any]:
    """Return what the runs add: how grades are called and coloured, and what an economy's codes stand for."""
    first = chosen.seeds[0]
    return {
        "scales": [[[since, grades] for since, grades in reels[point, first].scales] for point in chosen.points],
        "economies": [_economy(reels[chosen.points[0], seed]) for seed in chosen.seeds],
        "look": _look(reels),
    }


def blocks(chosen: Chosen, reels: Reels) -> dict[str, str]:
    """Return the blocks of letters by name: economies, runs, the lines of all stories, scenarios."""
    lines: dict[str, int] = {}
    found = {}
    for number, seed in enumerate(chosen.seeds):
        mine = reels[chosen.points[0], seed].economy
        for point in chosen.points:
            _refuse_other_firms(mine, reels[point, seed].economy, point, seed)
        found[f"economy-{number}"] = array_block(mine)
    for (point, seed), reel in reels.items():
        name = f"run-{chosen.points.index(point)}-{chosen.seeds.index(seed)}"
        found[name] = array_block({**reel.arrays, **_told(reel, lines)}, SLOW)
    found["lines"] = text_block([*lines])
    found["scenarios"] = text_block([scenario.to_yaml() for scenario in chosen.scenarios])
    return found


def _told(reel: Reel, lines: dict[str, int]) -> dict[str, Any]:
    """Return stories as numbers of their lines, which many stories share, and where each story begins."""
    numbers = [lines.setdefault(line, len(lines)) for story in reel.stories for line in story]
    starts = np.cumsum([0, *map(len, reel.stories)])
    return {"story": np.array(numbers, np.int32), "story_start": starts.astype(np.int32)}


def _refuse_other_firms(one: Mapping[str, Any], other: Mapping[str, Any], point: int, seed: int) -> None:
    if any(not np.array_equal(one[name], other[name]) for name in one):
        raise CreditRegimeError(
            f"point {point}, seed {seed}: begins with other firms than the first point, so that they cannot be shown"
            " side by side; choose points of one population (at)"
        )


def _indicator(name: str) -> dict[str, Any]:
    said, outcome = meaning(name), BY_NAME.get(name)
    found = {"name": name, "text": said.text if said else ""}
    if outcome is None or outcome.how == "total":
        unit = said.unit if said and said.unit != "–" else ""
        return found | {"label": readable(name).capitalize(), "unit": unit, "scale": 1}
    return found | {"label": outcome.label, "unit": outcome.unit, "scale": outcome.scale}


def _economy(reel: Reel) -> dict[str, Any]:
    """Return what an economy's codes stand for, and where the names of its sectors are written."""
    return {"sectors": [*map(readable, reel.sectors)], "regions": [*map(readable, reel.regions)], "labels": reel.labels}


def _look(reels: Reels) -> dict[str, Any]:
    """Return the colours: of both worlds, and of grades by how many there are."""
    numbers = {len(scale.grades) for reel in reels.values() for scale in reel.scales}
    return {
        "worlds": [world.colour for world in style.WORLDS],
        "ramps": {number: [*style.ramp(number)] for number in sorted(numbers)},
        "struck": style.PURPLE,
        "supplier": style.BLUE,
        "buyer": style.GREEN,
    }


def _questions(result: Sweep, chosen: Chosen, page: Description) -> list[dict[str, Any]]:
    found = []
    for number, asked in enumerate(page.questions):
        shown = asked.show and _view(result, chosen, asked.show, page.opening, f"questions.{number}.show")
        found.append({"question": asked.question, "hint": asked.hint, "show": shown})
    return found


def _view(result: Sweep, chosen: Chosen, view: View, other: View, place: str) -> dict[str, Any]:
    """Return a view with settings as positions; where it says nothing of a panel, what another view says holds."""
    seed = view.seed if view.seed is not None else other.seed if other.seed is not None else chosen.seeds[0]
    sides = {side: getattr(view, side) or getattr(other, side) for side in ("left", "right")}
    found: dict[str, Any] = {
        side: point_of(result, chosen, levels, f"{place}.{side}") for side, levels in sides.items()
    }
    if seed not in chosen.seeds:
        raise ScenarioError(f"{place}.seed: {seed} is not allowed: must be one of {chosen.seeds}")
    month = view.month or 0
    for name, value, most in (("month", month, chosen.months), ("firm", view.firm or 0, chosen.firms - 1)):
        if value > most:
            raise ScenarioError(f"{place}.{name}: {value} is not allowed: must be at most {most}")
    return found | {"seed": chosen.seeds.index(seed), "month": month, "firm": view.firm}
