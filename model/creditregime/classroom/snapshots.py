"""A running world as arrays to draw: places, links, and the state of a month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from creditregime.codes import Event
from creditregime.indicators.measure import black
from creditregime.laboratory.frames import identity
from creditregime.model import CreditRegime
from creditregime.presentation.layout import MOST_LINKS, Places, place_firms
from creditregime.presentation.network_stage import Snapshot
from creditregime.state import NEVER, Rows

WIDE = 1.9
"""Width of a network relative to a square: so that a screen shows both networks and some charts."""


class Drawn(NamedTuple):
    """Which links are drawn: places in the network's arrays, and the buyer of each; the most valuable at the start."""

    at: Rows
    buyer: Rows


@dataclass(frozen=True, eq=False)
class Scene:
    """What stays where it is through a run: firms, their table, and the links that are drawn."""

    places: Places
    firms: pd.DataFrame
    links: Drawn


def scene(model: CreditRegime) -> Scene:
    """Return the scene of a model's economy: all its firms."""
    world, network = model.world, model.world.network
    firms = pd.DataFrame(identity(world))
    places = place_firms(firms, np.arange(world.rows), WIDE)
    buyer = np.repeat(np.arange(world.rows), np.diff(network.pointer))
    value = network.coefficient * firms["size"].to_numpy()[buyer]
    chosen = np.sort(np.argsort(-value, kind="stable")[:MOST_LINKS])
    return Scene(places, firms, Drawn(chosen, buyer[chosen]))


def snapshot(model: CreditRegime, stage: Scene, struck: Rows) -> Snapshot:
    """Return the end of the last month (or the start), with what happened in it marked as just happened."""
    world, firms, network = model.world, model.world.firms, model.world.network
    active = network.weight[stage.links.at] > 0
    lowered: NDArray[np.bool_] = np.any(firms.grade < firms.own_grade, axis=0)
    return Snapshot(
        scale=world.law.grades,
        grade=firms.grade.min(axis=0).astype(np.int64),
        listed=black(world).astype(np.int64),
        active=firms.active.copy(),
        successor=firms.active & (firms.born != NEVER),
        links=link_ends(model, stage)[active],
        sanctioned=_happened(model, Event.SANCTIONED),
        lowered=lowered,
        strikes=struck,
    )


def link_ends(model: CreditRegime, stage: Scene) -> Rows:
    """Return buyer and supplier of every drawn link, (links, 2); of one that is not active, the last supplier."""
    return np.stack([stage.links.buyer, model.world.network.supplier[stage.links.at].astype(np.int64)], axis=1)


def lost_links(model: CreditRegime) -> Rows:
    """Return the pairs that ceased to trade in the last month, buyer and supplier, (pairs, 2)."""
    log = model.world.events
    chosen = (log["month"] == model.world.month - 1) & (log["kind"] == Event.LOST_SUPPLIER)
    pairs: Rows = np.stack([log["firm"][chosen], log["other"][chosen]], axis=1).astype(np.int64)
    return pairs


def _happened(model: CreditRegime, kind: Event) -> NDArray[np.bool_]:
    log = model.world.events
    found = np.zeros(model.world.rows, np.bool_)
    found[log["firm"][(log["month"] == model.world.month - 1) & (log["kind"] == kind)]] = True
    return found
