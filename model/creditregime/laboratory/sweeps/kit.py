"""What a worker must have to give the numbers of this process: the same code, and the user's rules, which travel along.

Whatever the engine is, a worker gets them with the work itself: nobody has to install rules on a cluster, and a worker
that joins late, or instead of one that died, has them as well.
"""

from __future__ import annotations

import json
import platform
import sys
import threading
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple
from uuid import uuid4

from creditregime import plugins
from creditregime.errors import ScenarioError
from creditregime.laboratory.compare import foreign_modules, rule_modules
from creditregime.laboratory.provenance import versions
from creditregime.laboratory.run import check_strategy
from creditregime.laboratory.sweeps.dataset import code_digest
from creditregime.laboratory.sweeps.tables import Done, Kept
from creditregime.laboratory.sweeps.units import simulated
from creditregime.plugins import Rules
from creditregime.scenario import Scenario

_ORIGIN = uuid4().hex
_LOCK = threading.Lock()
HINT = "rules of one's own belong in a file that is named (--rules, plugins.load_rules); else use one worker"


class Kit(NamedTuple):
    """What the runs of a scenario need.

    Attributes
    ----------
    origin
        The process that asks.
    versions
        What numbers depend on, and its version there.
    rules
        What the user had imported, as it was then.
    used
        Modules outside the package that declare what the scenario uses.
    """

    origin: str
    versions: tuple[tuple[str, str], ...]
    rules: tuple[Rules, ...]
    used: tuple[str, ...]


def packed(scenario: str) -> Kit:
    """Return what the runs of a scenario (JSON) need, or refuse a scenario that this process does not know itself."""
    known = _parsed(scenario)
    modules = sorted(foreign_modules(known) - {"__main__"})  # a script or notebook cannot be imported
    imported = (Rules(name, "", plugins.source_of(sys.modules[name])) for name in modules)
    return Kit(_ORIGIN, _versions(), (*plugins.carried(), *imported), tuple(sorted(rule_modules(known))))


def worked(kit: Kit, kept: Kept, point: int, scenario: str, seeds: Sequence[int]) -> Done:
    """Do a unit of a sweep in a worker.

    Errors of runs are results. What is raised is wrong with the worker, and would be for every unit.

    Raises
    ------
    ScenarioError
        One line, if the worker has other versions, or lacks rules.
    """
    if kit.origin != _ORIGIN:
        try:
            with _LOCK:
                _unpack(kit)
            if kit.used and rule_modules(_parsed(scenario)) != {*kit.used}:
                raise ScenarioError("other rules took the names of those that are needed: start the workers anew")
        except ScenarioError as error:
            raise ScenarioError(f"a worker on {platform.node()} cannot do the work: {error}") from None
    return simulated(kept, point, scenario, seeds)


@cache
def _unpack(kit: Kit) -> None:
    """Import what is needed, once."""
    for (name, there), (_, here) in zip(kit.versions, _versions(), strict=True):
        if here != there:
            raise ScenarioError(f"it has {name} {here}, and {there} is needed: install the same everywhere")
    plugins.discover()
    for rules in kit.rules:
        plugins.receive(rules)


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    return (("the code of creditregime", code_digest()[:12]), *versions().items())


def _parsed(text: str) -> Scenario:
    """Return a scenario, or say how its rules become known where they are not."""
    try:
        scenario = Scenario.parse(json.loads(text))
        check_strategy(scenario)
    except ScenarioError as error:
        raise ScenarioError(f"{error} ({HINT})") from None
    return scenario
