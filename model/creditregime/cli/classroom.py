"""The command that serves the classroom: app."""

from __future__ import annotations

import argparse
from typing import Any

from creditregime.cli.common import Arguments, declare, load_rules, positive


def add(commands: Any) -> None:
    """Declare the command."""
    app = declare(commands, "app", _app, "open the classroom: twin worlds in the browser", scenario=True)
    about = "what world B changes (default: no joint punishment, no partner spillover)"
    app.add_argument("--against", nargs="+", action="extend", default=[], metavar="KEY=VALUE", help=about)
    app.add_argument("--port", type=_port, default=5006, metavar="N", help="port (default: 5006)")
    where = "address to listen at (default: 127.0.0.1, this machine alone; 0.0.0.0: all networks it is in)"
    app.add_argument("--address", default="127.0.0.1", help=where)
    origin = "a further name under which browsers reach this server"
    app.add_argument("--origin", action="append", default=[], metavar="HOST", help=origin)
    app.add_argument("--firms", type=positive, default=1000, metavar="N", help="most firms a session (default: 1000)")
    app.add_argument("--months", type=positive, default=240, metavar="N", help="most months a session (default: 240)")
    app.add_argument("--sessions", type=positive, default=60, metavar="N", help="most sessions at a time (default: 60)")
    app.add_argument("--no-browser", action="store_true", help="open no browser, only say the address")


def _app(arguments: Arguments) -> None:
    from creditregime.classroom.limits import Limits
    from creditregime.classroom.opening import app
    from creditregime.cli.runs import against

    load_rules(arguments)
    arguments.kept = "the classroom is closed"
    limits = Limits(arguments.firms, arguments.months, arguments.sessions)
    app(
        *arguments.overrides,
        scenario=arguments.scenario,
        against=against(arguments.against),
        port=arguments.port,
        address=arguments.address,
        origins=arguments.origin,
        firms=limits.firms,
        months=limits.months,
        sessions=limits.sessions,
        browser=not arguments.no_browser,
        ready=lambda address: print(f"Classroom: {address}\n{limits.in_words()}\nCtrl-C closes it.", flush=True),
    )


def _port(text: str) -> int:
    number = positive(text)
    if number > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not allowed: at most 65535")
    return number
