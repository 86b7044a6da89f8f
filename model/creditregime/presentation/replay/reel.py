"""One run as a page plays it: firms and links month by month, who was hit through whom, indicators, stories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import CHANNELS, Standing
from creditregime.laboratory.history import History, history
from creditregime.laboratory.link_history import LinkHistory, link_history
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.strikes import KINDS, UNTRACED, strikes
from creditregime.presentation.layout import Places, arrange
from creditregime.presentation.network_stage import area_of
from creditregime.presentation.style import readable

ACTIVE, LOWERED, LISTED, ASSOCIATED, EXITED, ENTERED, SANCTIONED, JOINTLY = (1 << bit for bit in range(8))
"""What the bits of a firm's flags mean, in a month."""
NOBODY = 65535
"""Stands for a firm through whom something came, where it is not known."""
SLOW = ("grade", "flags", "score", "records", "output")
Arrays = dict[str, NDArray[Any]]


class Scale(NamedTuple):
    """Names of the grades, lowest first, from a month on (counted from 1)."""

    since: int
    grades: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Reel:
    """What is kept of a run.

    Attributes
    ----------
    arrays
        For `array_block`.
    stories
        One a firm, in lines.
    scales
        The grades' names, phase by phase.
    economy
        What was there at the start, for `array_block`; the same for all runs with the same firms.
    sectors, regions
        What its codes stand for.
    labels
        Names of sectors, and where they are written.
    """

    arrays: Arrays
    stories: list[list[str]]
    scales: tuple[Scale, ...]
    economy: Arrays
    sectors: tuple[str, ...]
    regions: tuple[str, ...]
    labels: list[tuple[str, float, float]]


def reel(result: RunResult, watched: Arrays, indicators: Sequence[str]) -> Reel:
    """Return what a page needs of a finished run.

    Parameters
    ----------
    result
        The run, with its model.
    watched
        What a `Recorder` wrote down.
    indicators
        Which are kept.
    """
    states, links = history(result), link_history(result)
    arrays: Arrays = {"grade": states.grade.T.astype(np.uint8), "flags": _flags(result, states), **watched}
    arrays |= _changes(links) | _struck(result, states, links)
    arrays["indicators"] = result.indicators[[*indicators]].to_numpy(np.float64).T
    assert result.model is not None
    stories = [result.model.firm(row).story().split("\n") for row in range(len(result.firms))]
    scales = tuple(Scale(era.since, era.scale) for era in states.eras)
    places = arrange([result], len(result.firms))
    labels = [(readable(name), round(x, 2), round(y, 2)) for name, (x, y) in places.centres.items()]
    economy = _economy(result, links, places)
    return Reel(arrays, stories, scales, economy, links.economy.sectors, links.economy.regions, labels)


def _flags(result: RunResult, states: History) -> NDArray[np.uint8]:
    """Return the flags by firm and month, (N, months + 1)."""
    parts = {
        ACTIVE: states.active,
        LOWERED: states.lowered,
        LISTED: states.listed == Standing.OWN,
        ASSOCIATED: states.listed == Standing.ASSOCIATED,
        EXITED: states.exited,
        ENTERED: states.entered,
    }
    found = np.zeros(states.active.shape, np.uint8)
    for bit, where in parts.items():
        found[where] |= bit
    imposed = result.events[result.events["kind"] == "sanctioned"]
    jointly = (imposed["value"] == "joint").to_numpy()
    when, who = imposed["month"].to_numpy(np.int64), imposed["firm"].to_numpy(np.int64)
    found[when, who] |= SANCTIONED
    found[when[jointly], who[jointly]] |= JOINTLY
    return np.ascontiguousarray(found.T)


def _changes(links: LinkHistory) -> Arrays:
    """Return which links changed when, and what they are since."""
    different = (links.active[1:] != links.active[:-1]) | (links.supplier[1:] != links.supplier[:-1])
    month, link = np.nonzero(different)
    return {
        "change_month": (month + 1).astype(np.uint16),
        "change_link": link.astype(np.int32),
        "change_supplier": links.supplier[month + 1, link].astype(np.uint16),
        "change_active": links.active[month + 1, link].astype(np.uint8),
    }


def _struck(result: RunResult, states: History, links: LinkHistory) -> Arrays:
    """Return who was hit by association when, how, and through whom."""
    table = strikes(result, states, links)
    through = table["through"].to_numpy(np.int64)
    kinds, channels = [*KINDS], ["", *CHANNELS]
    return {
        "struck_month": table["month"].to_numpy(np.uint16),
        "struck_firm": table["firm"].to_numpy(np.uint16),
        "struck_through": np.where(through == UNTRACED, NOBODY, through).astype(np.uint16),
        "struck_how": np.array([kinds.index(what) for what in table["what"]], np.uint8),
        "struck_channel": np.array([channels.index(name) for name in table["channel"]], np.uint8),
    }


def _economy(result: RunResult, links: LinkHistory, places: Places) -> Arrays:
    """Return firms and links as the run began."""
    economy = links.economy
    value = result.links["coefficient"].to_numpy(np.float64) * economy.size[links.buyer]
    return {
        "sector": economy.sector.astype(np.uint8),
        "region": economy.region.astype(np.uint16),
        "ownership": economy.ownership.astype(np.uint8),
        "size": economy.size.astype(np.float64),
        "area": area_of(result.firms),
        "x": places.at[:, 0].round(3),
        "y": places.at[:, 1].round(3),
        "buyer": links.buyer.astype(np.uint16),
        "supplier": links.supplier[0].astype(np.uint16),
        "active": links.active[0].astype(np.uint8),
        "value": value,
    }
