"""Supply links from a table: ends that are firms, each pair once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from creditregime.component import nearest, shown
from creditregime.population.chunks import Chunk, Lines, Problems, Reals
from creditregime.population.reading import read
from creditregime.population.schema import LINKS, YES_OR_NO

_SUPPLIER, _BUYER, _VALUE, _COEFFICIENT, _CONTRACT = LINKS
_SUGGESTED_AMONG = 2000  # ids among which the nearest is looked for

Rows = NDArray[np.int32]
Stated = Literal["value", "coefficient", ""]


@dataclass(frozen=True)
class LinkTable:
    """L links as a user states them: rows of their ends, `amount` in what `stated` names (1 where it is empty), (L,).

    `contract` tells over which of them the supplier works as a contractor.
    `lines` is where each stands in the file, and `problems` takes what is found out later.
    """

    supplier: Rows
    buyer: Rows
    amount: Reals
    contract: NDArray[np.bool_]
    stated: Stated
    lines: Lines
    problems: Problems


def no_links() -> LinkTable:
    """Return no links."""
    rows, lines = np.empty(0, np.int32), np.empty(0, np.int64)
    return LinkTable(rows, rows, np.empty(0), np.empty(0, np.bool_), "value", lines, Problems(""))


def read_links(path: str, index: dict[str, int], firms: str, duplicates: Literal["refuse", "add"]) -> LinkTable:
    """Return the links in a file.

    Parameters
    ----------
    path
        The file.
    index
        Rows of firms by id; filled in the order of appearance where `firms` is empty.
    firms
        The file that the firms come from.
    duplicates
        Whether a second link between the same firms is refused or added to the first.
    """
    problems = Problems(path)
    parts: list[tuple[Rows, Rows, Reals, NDArray[np.bool_], Lines]] = []
    stated: Stated = ""
    for chunk in read(path, "population.links", LINKS, problems):
        stated = "value" if chunk.has("value") else "coefficient" if chunk.has("coefficient") else ""
        amounts = _amount(chunk, stated, problems), _contracts(chunk, problems)
        parts.append((*_ends(chunk, index, firms, problems), *amounts, chunk.lines))
    problems.settle()
    if not index:
        problems.fail(0, "", "has no rows; without population.firms at least one link is needed")
    if not parts:
        return no_links()
    supplier, buyer, amount, contract, lines = (np.concatenate(part) for part in zip(*parts, strict=True))
    table = LinkTable(supplier, buyer, amount, contract, stated, lines, problems)
    return _once(table, index, duplicates)


def _ends(chunk: Chunk, index: dict[str, int], firms: str, problems: Problems) -> tuple[Rows, Rows]:
    suppliers, buyers = (chunk.text(column, problems) for column in (_SUPPLIER, _BUYER))
    if not firms:
        for pair in zip(suppliers, buyers, strict=True):
            for name in pair:
                index.setdefault(name, len(index))
    rows = []
    for column, names in ((_SUPPLIER, suppliers), (_BUYER, buyers)):
        found = np.array([index.get(name, -1) for name in names], np.int32)
        absent = (found < 0) & np.array([bool(name) for name in names], np.bool_)
        problems.where(absent, chunk.lines, column.name, lambda row, names=names: _absent(names[row], index, firms))  # type: ignore[misc]
        rows.append(found)
    self_link = (rows[0] == rows[1]) & (rows[0] >= 0)
    problems.where(
        self_link, chunk.lines, "buyer", lambda row: f"{shown(buyers[row])} supplies itself; that is not a link"
    )
    return rows[0], rows[1]


def _absent(name: str, index: dict[str, int], firms: str) -> str:
    hint = nearest(name, [*index]) if len(index) <= _SUGGESTED_AMONG else ""
    return f"no firm in {firms} has the id {shown(name)}{hint}"


def _amount(chunk: Chunk, stated: Stated, problems: Problems) -> Reals:
    if not stated:
        return np.ones(len(chunk))
    column = _VALUE if stated == "value" else _COEFFICIENT
    amount = chunk.number(column, problems)
    texts = chunk.values[stated]
    blank = np.array([not text for text in texts]) if isinstance(texts, list) else texts[1]
    problems.where(blank, chunk.lines, stated, lambda row: f"is empty; {column.bounds} is needed")
    return amount


def _contracts(chunk: Chunk, problems: Problems) -> NDArray[np.bool_]:
    if not chunk.has("contract"):
        return np.zeros(len(chunk), np.bool_)
    texts = [text or "no" for text in chunk.text(_CONTRACT, problems)]
    wrong = np.array([text not in YES_OR_NO for text in texts], np.bool_)
    problems.where(wrong, chunk.lines, "contract", lambda row: f"{shown(texts[row])} is unknown; allowed: yes, no")
    return np.array([text == "yes" for text in texts], np.bool_)


def _once(links: LinkTable, index: dict[str, int], duplicates: Literal["refuse", "add"]) -> LinkTable:
    """Return the links with each pair of firms once."""
    key = links.buyer.astype(np.int64) * len(index) + links.supplier
    order = np.argsort(key, kind="stable")
    again = np.zeros(len(key), np.bool_)
    again[1:] = key[order[1:]] == key[order[:-1]]
    if not again.any():
        return links
    starts = np.flatnonzero(~again)
    first = order[starts]
    if duplicates == "add":
        amount = np.add.reduceat(links.amount[order], starts)
        kept = np.argsort(first, kind="stable")
        rows = first[kept]
        ends = links.supplier[rows], links.buyer[rows]
        contract = np.logical_or.reduceat(links.contract[order], starts)
        return LinkTable(*ends, amount[kept], contract[kept], links.stated, links.lines[rows], links.problems)
    repeated = np.zeros(len(key), np.bool_)
    repeated[order] = again
    row = int(np.argmax(repeated))
    earlier = first[np.searchsorted(starts, np.flatnonzero(order == row)[0], side="right") - 1]
    names = {at: name for name, at in index.items() if at in (links.buyer[row], links.supplier[row])}
    pair = f"{shown(names[int(links.supplier[row])])} sells to {shown(names[int(links.buyer[row])])}"
    where = f"in {links.problems.noun} {links.lines[earlier]} already"
    text = f"{pair} {where}; population.duplicates=add adds such links up"
    links.problems.where(repeated, links.lines, "buyer", lambda _: text)
    links.problems.settle()
    return links
