"""The page's one component: plain HTML around the Bokeh figures, and messages between it and the session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from panel.custom import Child, Children, JSComponent

HERE = Path(__file__).parent


class Room(JSComponent):
    """What a student sees and uses; all texts enter it as text, never as HTML.

    Every control is an element of HTML with a label, so that keyboards and screen readers know it.
    """

    a = Child()
    b = Child()
    charts = Children()

    _esm = HERE / "assets" / "room.js"
    _stylesheets = [(HERE / "assets" / "room.css").read_text(encoding="utf-8")]  # noqa: RUF012  (Panel declares it so)

    heard: Callable[[Any], None] | None = None

    def tell(self, kind: str, **content: Any) -> None:
        """Send a message to the browser."""
        self._send_msg({"kind": kind, **content})

    def _handle_msg(self, data: Any) -> None:
        if self.heard is not None:
            self.heard(data)
