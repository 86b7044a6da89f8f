"""Running the suite: every oracle by itself, in as many processes as there are."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pandas as pd

from creditregime.laboratory import workers as pool
from creditregime.validation.findings import Finding
from creditregime.validation.oracles import SECTIONS, Oracle, Size, find, oracles


class Row(NamedTuple):
    """A finding and the oracle that it is about."""

    section: str
    oracle: str
    where: str
    expected: str
    obtained: str
    tolerance: str
    verdict: str
    known: str


def validate(
    *names: str, full: bool = True, workers: int | None = None, done: Callable[[], object] = lambda: None
) -> pd.DataFrame:
    """Run the validation suite.

    Parameters
    ----------
    *names
        Oracles to run; by default all.
    full
        At full size; otherwise small, which takes a few minutes at most and widens what sampling allows.
    workers
        Number of processes; by default one a processor. The results do not depend on it.
    done
        Called after each finished oracle.

    Returns
    -------
    One row a comparison: section, oracle, where, expected, obtained, tolerance, verdict, and why the oracle is known to
    fail, where it is.

    Raises
    ------
    ScenarioError
        If there is no oracle of a name.
    """
    chosen = [find(name) for name in dict.fromkeys(names)] or [*oracles().values()]
    found = pool.each(
        _findings, (full,), [entry.name for entry in chosen], workers=workers or pool.available(), done=done
    )
    return pd.DataFrame(_rows(chosen, found), columns=Row._fields)


def _findings(full: bool, name: str) -> list[Finding]:
    try:
        return find(name).findings(Size(full))
    except Exception as error:  # one that cannot be run is a row that is not met, and the others go on
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__}: {error} ({where.name}, line {where.lineno})"
        return [Finding("the check itself", "runs", " ".join(text.split()), "exact", "not met")]


def _rows(chosen: Sequence[Oracle], found: Sequence[Sequence[Finding]]) -> list[Row]:
    return [
        Row(SECTIONS[entry.section], entry.name, *finding, entry.known)
        for entry, findings in zip(chosen, found, strict=True)
        for finding in findings
    ]
