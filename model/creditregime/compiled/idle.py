"""Links that end and begin: their weights, and the list of idle links, see `creditregime.network.Idle`."""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime.compiled.flows import owner_from
from creditregime.compiled.jit import compiled


@compiled
def disconnect(links: Any, weight: Any, idle: Any, group_pointer: Any) -> Any:
    """Make rising links inactive, some of them perhaps twice or not active; return the idle links with them."""
    held, carried, groups = idle
    most = len(held) + len(links)
    all_links, all_carried, all_groups = np.empty(most, np.int64), np.empty(most, np.float32), np.empty(most, np.int64)
    at, count, group = 0, 0, 0
    for link in links:
        if weight[link] > 0:
            while at < len(held) and held[at] < link:
                all_links[count], all_carried[count], all_groups[count] = held[at], carried[at], groups[at]
                at, count = at + 1, count + 1
            group = owner_from(group, group_pointer, link)
            all_links[count], all_carried[count], all_groups[count] = link, weight[link], group
            count += 1
            weight[link] = 0  # and is passed by when it comes again
    stop = count + len(held) - at
    all_links[count:stop], all_carried[count:stop], all_groups[count:stop] = held[at:], carried[at:], groups[at:]
    return all_links[:stop], all_carried[:stop], all_groups[:stop]


@compiled
def connect(links: Any, weight: Any, idle: Any) -> Any:
    """Make links active, in any order, some of them perhaps active already; return the idle links without them."""
    held, carried, groups = idle
    stays = np.ones(len(held), np.bool_)
    for link in links:
        at = np.searchsorted(held, link)
        if at < len(held) and held[at] == link:
            weight[link] = carried[at]
            stays[at] = carried[at] == 0  # links that carry nothing count as idle
    return held[stays], carried[stays], groups[stays]
