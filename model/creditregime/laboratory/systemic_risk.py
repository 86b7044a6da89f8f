"""The economic systemic risk index: what each firm of an economy would cost it by closing (Diem et al. 2022)."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from creditregime.errors import CreditRegimeError
from creditregime.laboratory import loss_exact, loss_rounds
from creditregime.laboratory.loss_shares import Reals, Shares, Side, shares_of
from creditregime.laboratory.workers import available
from creditregime.model import CreditRegime
from creditregime.population.economy import Economy

Rows = NDArray[np.int64]
PARTS = ("esri", "downstream", "upstream")
ROUNDS, ORDER_ROUNDS = 50, 2_000
"""Rounds after which linear systems are solved instead: those of inputs are sparser, and the sooner cheaper."""
FEW = 300
"""Up to this many firms NumPy has finished before code is compiled."""
CELLS = 2_000_000
"""Firms times closures that NumPy works on at a time."""


def systemic_risk(
    economy: Economy,
    *,
    firms: Sequence[int] | None = None,
    replaceability: Literal["market_share", "none"] | bool = "market_share",
    loss: float = 1.0,
    final_demand: bool = False,
    tolerance: float = 1e-12,
    threads: int | None = None,
    compiled: bool | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Return the economic systemic risk index (ESRI) of firms: the share of output lost when one of them closes.

    The two recursions of Diem, Borsos, Reisch, Kertész, Thurner 2022 (Sci. Rep. 12:7719), in double precision,
    followed to where they end. What a firm loses for want of inputs, 1 − hᵈ, is the largest of: the missing share of an
    essential input group, and the sum of its missing non-essential inputs over all its inputs. What it loses for want
    of orders, 1 − hᵘ, is the missing share of its sales. The index is Σ w (1 − min(hᵈ, hᵘ)), w the share of
    out-strength.

    Parameters
    ----------
    economy
        Any economy. Its jurisdictions are apart: markets and weights are taken within each.
    firms
        Rows to close, each by itself; by default all.
    replaceability
        ``market_share`` (or True): of what a supplier fails to deliver buyers miss σ = min(1, s / Σ s hᵈ over its
        sector), s out-strength. ``none`` (or False): all of it.
    loss
        ψ, the share of its output that the closed firm loses, in [0, 1]; it binds for that firm only.
    final_demand
        Whether sales to others than firms count as out-strength, and go on. They are no part of the paper, where a firm
        that sells to no firm weighs nothing. With them the index is that of the model (``rationing: initial``).
    tolerance
        A firm's loss is passed on as long as it grows by more than this. The change of a round says little of what is
        still to come where firms go round in a circle that loses little a round. So losses that are certain are found
        from the graph, and what has not settled after a number of rounds is solved as linear systems. What remains
        wrong is in the order of `tolerance` times the number of rounds that a loss lives on: below 1e-7 on random
        graphs with slow cycles. Only inputs of which each makes up less than `tolerance` of a firm's total may be
        passed over.
    threads
        Number of threads; by default one a processor. The results do not depend on it, to the last bit.
    compiled
        Whether to use numba (the extra ``fast``); by default where it is installed and there are more than 300 firms.
    progress
        Whether to show a progress bar on the standard error stream.

    Returns
    -------
    One row a closed firm, by its row in the economy: `sector`, `size` (months of the average firm's revenue), the
    index `esri`, and by themselves Σ w (1 − hᵈ), `downstream`, and Σ w (1 − hᵘ), `upstream`. All are 0 where nobody
    sells to firms.

    Raises
    ------
    CreditRegimeError
        One line: a firm that does not exist, a value out of bounds, or numba asked for and not installed.

    Examples
    --------
    >>> import networkx as nx
    >>> from creditregime import Economy, systemic_risk
    >>> graph = nx.DiGraph([("mine", "mill"), ("mill", "shop"), ("farm", "shop")])
    >>> systemic_risk(Economy.from_networkx(graph), replaceability="none")["esri"].round(3).tolist()
    [0.667, 0.667, 0.667, 0.333]
    """
    closed = _rows(economy, firms)
    how = _How(_bounded("loss", loss, 0, 1), _replaceable(replaceability), _bounded("tolerance", tolerance, 0, 0.1))
    engine = _engine(economy.firms > FEW if compiled is None else compiled, required=bool(compiled))
    shares = shares_of(economy, final_demand)
    found = np.empty((len(closed), len(PARTS)))
    workers = available() if threads is None else int(_bounded("threads", threads, 1, 10_000))
    with tqdm(total=len(closed), unit="firm", disable=not progress, leave=False) as bar:
        for start, values in engine(shares, closed, how, workers):
            found[start : start + len(values)] = values
            bar.update(len(values))
    sectors = np.array(economy.sectors)[economy.sector[closed]]
    columns = {"sector": sectors, "size": economy.size[closed], **dict(zip(PARTS, found.T, strict=True))}
    return pd.DataFrame(columns, index=pd.Index(closed, name="row"))


def loss_of(model: CreditRegime) -> Reals:
    """Return the share of output that the present month lacks in the model, (J,), as the index counts it.

    Σ w (1 − min(demand, supply, 1)), w the share of the jurisdiction's initial revenue. After the closure of a firm
    (``exit: closure``), under ``trade.rationing: initial`` and with nothing else going on, it moves month by month to
    that firm's index with `final_demand`.
    """
    world = model.world
    size = world.firms.size.astype(np.float64)
    level = np.minimum(np.minimum(world.firms.demand, world.firms.supply), 1)
    return world.total(size * (1 - level)) / world.total(size)


@dataclass(frozen=True)
class _How:
    """What is closed how far, and how losses are followed."""

    shock: float
    replaceable: bool
    tolerance: float


Engine = Callable[[Shares, Rows, _How, int], Iterator[tuple[int, Reals]]]


def _engine(compiled: bool, required: bool) -> Engine:
    if compiled and importlib.util.find_spec("numba") is not None:
        return _with_kernel
    if required:
        raise CreditRegimeError("systemic_risk: numba is not installed; install creditregime[fast], or compiled=False")
    return _with_numpy


def _with_numpy(shares: Shares, closed: Rows, how: _How, threads: int) -> Iterator[tuple[int, Reals]]:
    """Yield position and values of one batch after the other."""

    def batch(rows: Rows) -> Reals:
        down = _followed(shares, shares.down, rows, how, ROUNDS)
        up = _followed(shares, shares.up, rows, replace(how, replaceable=False), ORDER_ROUNDS)
        return loss_rounds.parts(shares, down, up)

    return _batches(batch, closed, max(CELLS // max(shares.firms, len(shares.down.owner)), 1), threads)


def _with_kernel(shares: Shares, closed: Rows, how: _How, threads: int) -> Iterator[tuple[int, Reals]]:
    """Yield the same from compiled code."""
    from creditregime.laboratory.loss_kernel import WIDTH, indices

    sure = loss_rounds.sure_slots(shares, shares.down, how.replaceable)
    down = _arrays(shares.down.matrix.tocsc()), shares.down.owner, sure
    up = _arrays(shares.up.matrix), _arrays(shares.up.matrix.tocsc()), shares.up.owner, shares.up.full
    market = shares.sales, shares.market, shares.weight

    def batch(rows: Rows) -> Reals:
        found = np.empty((WIDTH, len(PARTS)))
        whole = np.resize(rows, WIDTH)  # the last batch is filled up with firms that it has already
        limits = ROUNDS, ORDER_ROUNDS
        indices(whole, how.shock, how.replaceable, how.tolerance, limits, down, up, *market, found)
        for at in np.flatnonzero(np.isnan(found[: len(rows), 0])):
            found[at] = _exactly(shares, rows[at : at + 1], how)
        return found[: len(rows)]

    return _batches(batch, closed, WIDTH, threads)


def _batches(batch: Callable[[Rows], Reals], closed: Rows, length: int, threads: int) -> Iterator[tuple[int, Reals]]:
    starts = range(0, len(closed), length)
    pool = ThreadPoolExecutor(threads)
    try:
        results = pool.map(batch, (closed[start : start + length] for start in starts))
        yield from zip(starts, results, strict=True)
    finally:  # also when interrupted: what has not begun is dropped
        pool.shutdown(wait=True, cancel_futures=True)


def _arrays(matrix: Any) -> tuple[NDArray[np.int64], NDArray[np.int64], Reals]:
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data


def _exactly(shares: Shares, closed: Rows, how: _How) -> Reals:
    """Return the values of one firm whose losses did not settle in compiled rounds, (3,)."""
    down = loss_exact.settle(shares, shares.down, int(closed[0]), how.shock, how.replaceable)
    up = _followed(shares, shares.up, closed, replace(how, replaceable=False), ORDER_ROUNDS)
    return loss_rounds.parts(shares, down[:, None], up)[0]


def _followed(shares: Shares, side: Side, closed: Rows, how: _How, rounds: int) -> Reals:
    """Return what each firm loses, (N, C), by rounds, and where these do not settle by linear systems."""
    loss, settled = loss_rounds.spread(shares, side, closed, how.shock, how.replaceable, how.tolerance, rounds)
    for at in np.flatnonzero(~settled):
        loss[:, at] = loss_exact.settle(shares, side, int(closed[at]), how.shock, how.replaceable)
    return loss


def _rows(economy: Economy, firms: Sequence[int] | None) -> Rows:
    if firms is None:
        return np.arange(economy.firms)
    for row in firms:
        if int(row) != row or not 0 <= row < economy.firms:
            raise CreditRegimeError(f"firms: unknown firm {row}; firms are 0..{economy.firms - 1}")
    return np.asarray(firms, np.int64).reshape(-1)


def _replaceable(value: str | bool) -> bool:
    if value not in (True, False, "market_share", "none"):
        raise CreditRegimeError(f"replaceability: '{value}' is not allowed; allowed: market_share, none")
    return value in (True, "market_share")


def _bounded(name: str, value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise CreditRegimeError(f"{name}: {value} is not allowed; must be between {low:g} and {high:g}")
    return value
