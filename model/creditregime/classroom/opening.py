"""How the classroom is opened from Python and from the command line; Panel is imported only then."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from creditregime.classroom.limits import Limits
from creditregime.classroom.setting import FIRST, of_overrides
from creditregime.errors import CreditRegimeError

INSTALL = "the classroom needs Panel: pip install 'creditregime[app]' (from a checkout: make app)"


def app(
    *overrides: str,
    scenario: str | Path | None = None,
    against: Mapping[str, Any] | None = None,
    port: int = 5006,
    address: str = "127.0.0.1",
    origins: Sequence[str] = (),
    firms: int = Limits().firms,
    months: int = Limits().months,
    sessions: int = Limits().sessions,
    browser: bool = True,
    ready: Callable[[str], None] = print,
) -> None:
    """Serve the classroom, twin worlds in the browser, until the process is interrupted.

    Parameters
    ----------
    *overrides
        The setting that it opens with, ``group=option`` or ``dotted.path=value``; by default `joint_2016`.
    scenario
        A YAML file with the scenario to open with.
    against
        What world B changes; by default it is without joint punishment and without partner spillover.
    port, address
        Where to listen; by default this machine alone can reach it.
    origins
        Further names under which browsers reach the server.
    firms, months, sessions
        What a session may ask for, and how many there may be at a time.
    browser
        Whether to open one.
    ready
        Called with the address when pages can be asked for.

    Raises
    ------
    CreditRegimeError
        One line: Panel is not installed, the setting is not valid or above the limits, or the port is taken.
    """
    if find_spec("panel") is None:
        raise CreditRegimeError(INSTALL)
    from creditregime.classroom.server import serve

    named = bool(overrides or scenario or against)
    first = of_overrides(overrides, against, scenario) if named else FIRST
    limits = Limits(firms, months, sessions)
    serve(first, port=port, address=address, origins=origins, limits=limits, ready=ready, browser=browser)
