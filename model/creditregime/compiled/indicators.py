"""What is measured in a month, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime.codes import Standing
from creditregime.compiled.columns import BYTE
from creditregime.compiled.jit import compiled
from creditregime.compiled.philox import BLOCK, stop_of

OWN, ASSOCIATED = np.uint8(Standing.OWN), np.uint8(Standing.ASSOCIATED)


@compiled
def add_topics(begin: int, end: int, effort: Any, home: Any, total: Any) -> None:
    """Write the sum over topics of some firms' effort, (K, N), 0 for those that are not at home."""
    for first in range(begin, end, BLOCK):
        some = slice(first, min(first + BLOCK, end))
        total[some] = 0
        for k in range(len(effort)):
            add(effort[k, some], total[some])
        keep(home[some], total[some])


@compiled
def add(values: Any, total: Any) -> None:
    """Add a column to another one."""
    for row in range(len(total)):
        total[row] += values[row]


@compiled
def keep(flags: Any, values: Any) -> None:
    """Set to 0 what is not flagged."""
    for row in range(len(values)):
        values[row] = values[row] * np.float32(flags[row])


@compiled
def by_code(values: Any, codes: Any, starts: Any, number: int) -> Any:
    """Return the sum of a value by jurisdiction and code, (J, number): row after row, as `numpy.bincount` adds."""
    sums = np.zeros((len(starts), number), np.float64)
    for place in range(len(starts)):
        for row in range(starts[place], stop_of(place, starts, len(values))):
            sums[place, codes[row]] += values[row]
    return sums


@compiled
def count_codes(codes: Any, among: Any, starts: Any, number: int) -> Any:
    """Return how many flagged firms have each code, (R, N), by code, row of codes and jurisdiction, (G, R, J)."""
    counts = np.empty((number, len(codes), len(starts)), np.float64)
    for kind in range(len(codes)):
        for place in range(len(starts)):
            some = slice(starts[place], stop_of(place, starts, len(among)))
            for code in range(number):
                counts[code, kind, place] = count_code(codes[kind, some], among[some], np.uint8(code))
    return counts


@compiled
def count_code(codes: Any, among: Any, code: Any) -> Any:
    """Return how many flagged rows have a code."""
    count = 0
    for first in range(0, len(codes), BYTE):
        some = slice(first, min(first + BYTE, len(codes)))
        count += count_byte(codes[some], among[some], code)
    return count


@compiled
def count_byte(codes: Any, among: Any, code: Any) -> Any:
    """Return the same of a few rows."""
    count = np.uint8(0)
    for row in range(len(codes)):
        count = np.uint8(count + np.uint8((codes[row] == code) & among[row]))
    return count


@compiled
def on_blacklists(
    listing: Any,
    lists: Any,
    black: Any,
    listed_since: Any,
    delisted: Any,
    since: int,
    home: Any,
    sales: Any,
    starts: Any,
) -> Any:
    """Return who is blacklisted, and who came back, by jurisdiction, (6, J): see `creditregime.indicators.measure`.

    `lists` are the numbers of the lists that count, `black` those of all blacklists; `sales` are size and output.
    """
    size, output = sales
    sums = np.zeros((6, len(starts)), np.float64)
    standing = np.empty(BLOCK, np.uint8)
    for place in range(len(starts)):
        stop = stop_of(place, starts, len(home))
        for first in range(starts[place], stop, BLOCK):
            some = slice(first, min(first + BLOCK, stop))
            stand(listing[:, some], lists, standing[: some.stop - first])
            for row in range(first, some.stop):
                held = standing[row - first]
                if held:
                    sums[0, place] += home[row]
                    sums[1, place] += home[row] & (held == ASSOCIATED)
                    sums[2, place] += size[row] * output[row]
                    sums[3, place] += size[row]
                if delisted[row] > since and len(black):
                    sums[4, place] += 1
                    sums[5, place] += came_back(row, listing, black, listed_since, delisted[row])
    return sums


@compiled
def stand(listing: Any, lists: Any, standing: Any) -> None:
    """Write the standing of some rows on lists: own act before association."""
    standing[:] = 0
    for number in lists:
        column = listing[number]
        for row in range(len(standing)):
            held = column[row]
            standing[row] = OWN if held == OWN else max(standing[row], held) if standing[row] != OWN else OWN


@compiled
def came_back(row: int, listing: Any, black: Any, listed_since: Any, left: int) -> bool:
    """Tell whether a firm stands on a blacklist for its own act since it left one."""
    found = False
    for number in black:
        found |= listing[number, row] == OWN and listed_since[number, row] >= left
    return found


@compiled
def count_records(records: Any, since: Any, month: int, readers: Any, starts: Any) -> Any:
    """Return how many records count, how many of them are false, and their further readers, by jurisdiction, (3, J).

    `records` are columns of the log, see `creditregime.indicators.records`; `since` the months of birth of the firms.
    """
    firm, made, entry, expiry, repaired, withdrawn, topic, true = records
    sums, place = np.zeros((3, len(starts)), np.float64), 0
    for number in range(len(firm)):
        if not entry[number] <= month < expiry[number] or repaired[number] >= 0 or withdrawn[number] >= 0:
            continue
        owner = firm[number]
        if made[number] >= since[owner]:
            if len(starts) > 1:
                place = np.searchsorted(starts, owner, side="right") - 1
            sums[0, place] += 1
            sums[1, place] += not true[number]
            sums[2, place] += readers[topic[number]] - np.float32(1)
    return sums
