"""The server of the classroom: it binds to this machine alone unless told otherwise, and keeps sessions apart."""

from __future__ import annotations

import logging
import signal
import socket
import threading
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import panel as pn
from bokeh.document import Document
from tornado.websocket import WebSocketClosedError

from creditregime.classroom import told
from creditregime.classroom.limits import Limits
from creditregime.classroom.session import Session
from creditregime.classroom.setting import FIRST, Setting, Visit, visit
from creditregime.errors import CreditRegimeError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
TEMPLATE = (Path(__file__).parent / "assets" / "page.html").read_text(encoding="utf-8")
UNUSED = 15_000
"""Milliseconds for which a session without a browser is kept: enough for a connection that drops for a moment."""
LOOK = 5_000
"""Milliseconds after which it is looked for such sessions again."""


class Classroom:
    """Opens a session for each browser window that asks for one.

    Parameters
    ----------
    first
        The setting to open with.
    limits
        What a session may ask for, and how many there may be.
    """

    def __init__(self, first: Setting = FIRST, limits: Limits = Limits()) -> None:  # noqa: B008  (a tuple)
        self.first, self.limits = first, limits
        self.sessions: set[int] = set()

    def page(self) -> Any:
        """Return the page of a new session."""
        document = pn.state.curdoc
        assert document is not None
        if len(self.sessions) >= self.limits.sessions:
            text = f"This classroom is full: {self.limits.sessions} sessions are open. Try again in a minute."
            return _templated(pn.pane.Str(text))
        number = id(document)
        self.sessions.add(number)
        document.on_session_destroyed(lambda _: self.sessions.discard(number))
        return _templated(self._session(document).room)

    def _session(self, document: Document) -> Session:
        context = document.session_context
        query = context.request.uri.partition("?")[2] if context is not None else ""
        try:
            return Session(document, self.limits, visit(query, self.first), self.first)
        except CreditRegimeError as error:
            complaint = f"The link cannot be used: {error} Shown is the first setting instead."
            return Session(document, self.limits, Visit(self.first), self.first, complaint)


def serve(
    first: Setting = FIRST,
    *,
    port: int = 5006,
    address: str = "127.0.0.1",
    origins: Sequence[str] = (),
    limits: Limits = Limits(),  # noqa: B008
    ready: Callable[[str], None] = print,
    browser: bool = False,
) -> None:
    """Serve the classroom until the process is interrupted.

    Parameters
    ----------
    first
        The setting to open with.
    port, address
        Where to listen; by default this machine alone can reach it.
    origins
        Further names under which browsers reach the server, such as ``lab.school.example``.
    limits
        What a session may ask for.
    ready
        Called with the address when pages can be asked for.
    browser
        Whether to open one.
    """
    _refuse_taken(address, port)
    _hush()
    classroom = Classroom(first, limits)
    opened = Session(Document(), limits, Visit(first), first)  # a setting that fails is told now
    told.setting(first, opened.twins, limits, ())  # and what takes long the first time is done before anybody waits
    interrupted = signal.getsignal(signal.SIGINT)
    server = pn.serve(
        {"/": classroom.page},
        port=port,
        address=address,
        show=False,
        start=False,
        verbose=False,
        title="Twin worlds",
        websocket_origin=[f"{name}:{port}" for name in (*names_of(address), *origins)],
        unused_session_lifetime_milliseconds=UNUSED,
        check_unused_sessions_milliseconds=LOOK,
        keep_alive_milliseconds=10_000,
        websocket_max_message_size=1_000_000,
    )
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, interrupted)  # Panel's own ends without a word, and with code 0
    shown = "localhost" if address in (*LOOPBACK, "0.0.0.0", "::") else address
    server.start()
    ready(f"http://{shown}:{port}")
    if browser:
        webbrowser.open(f"http://{shown}:{port}")
    try:
        server.io_loop.start()
    finally:
        server.stop()


def names_of(address: str) -> tuple[str, ...]:
    """Return the names under which browsers can reach an address: a page of another site cannot use the server."""
    if address in LOOPBACK:
        return ("localhost", "127.0.0.1")
    if address not in ("0.0.0.0", "::"):
        return (address, "localhost", "127.0.0.1")
    host = socket.gethostname()
    try:
        found = [entry[4][0] for entry in socket.getaddrinfo(host, None)]
    except OSError:
        found = []
    return ("localhost", "127.0.0.1", host, socket.getfqdn(), *map(str, dict.fromkeys(found)))


def _templated(content: Any) -> Any:
    page = pn.Template(TEMPLATE)
    page.add_panel("room", content)
    return page


def _hush() -> None:
    """Say nothing of browsers that close while something is sent to them: windows are closed all the time."""
    logging.getLogger("bokeh.server.views.ws").setLevel(logging.ERROR)
    logging.getLogger("asyncio").addFilter(
        lambda record: not (record.exc_info and isinstance(record.exc_info[1], WebSocketClosedError))
    )


def _refuse_taken(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError as error:
        reason = error.strerror or str(error)
        raise CreditRegimeError(
            f"{address} port {port}: cannot be used: {reason}; choose another with --port"
        ) from None
