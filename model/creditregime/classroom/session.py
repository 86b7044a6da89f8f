"""One student's session: what the page asks for, and what it is told. Nothing in it is shared with another session."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import perf_counter
from typing import Any

from bokeh.document import Document
from panel.io import unlocked

from creditregime.classroom import downloads, told
from creditregime.classroom.controls import read_value
from creditregime.classroom.limits import LONGEST_TEXT, Limits
from creditregime.classroom.parts import PARTS, RULES, switched
from creditregime.classroom.pictures import Pictures
from creditregime.classroom.room import Room
from creditregime.classroom.setting import FIRST, Setting, Visit, of_scenario
from creditregime.classroom.twins import TwinWorlds
from creditregime.errors import CreditRegimeError, ScenarioError
from creditregime.scenario import Scenario

SLICE = 0.06
CHARTS_EVERY = 0.5
"""Seconds between two paintings of the charts while the page plays: they take a browser as long as everything else."""
"""Seconds of simulation after which other sessions get their turn."""
_DRAWING = ThreadPoolExecutor(1, "classroom-figures")
"""Figures take seconds: they are drawn aside, one at a time, as Matplotlib's settings are shared."""


class Session:
    """A setting, its two worlds, and the page that shows them.

    Parameters
    ----------
    document
        The session's document.
    limits
        What it may ask for.
    visit
        The setting to open with, and where in it.
    first
        The setting that "Back to the first setting" means.
    complaint
        What to say at once: why a link could not be used.
    """

    def __init__(
        self, document: Document, limits: Limits, visit: Visit, first: Setting = FIRST, complaint: str = ""
    ) -> None:
        self._document, self._limits, self._first = document, limits, first
        self.setting, self._complaint = visit.setting, complaint
        self.twins = TwinWorlds(visit.setting.worlds(), limits)
        self.pictures = Pictures(self.twins, self._chosen)
        one, other = self.pictures.panes
        self.room = Room(a=one, b=other, charts=self.pictures.chart_panes, margin=0, sizing_mode="stretch_width")
        self.room.heard = self.hear
        self._target = min(visit.month, self.twins.months)
        self._firm = visit.firm if visit.firm is not None and visit.firm < self.twins.models[0].world.rows else None
        self._open: tuple[str, ...] = ()
        self._working = self._playing = False
        self._charted = 0.0
        self._asked: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
            "hello": self._greet,
            "ping": lambda _: self.room.tell("pong"),
            "target": self._head_for,
            "settle": lambda _: self._settle(),
            "set": self._set,
            "preset": self._preset,
            "no_preset": self._no_preset,
            "same": lambda _: self._change(self.setting.without_difference()),
            "first": lambda _: self._change(self._first),
            "open": self._open_sections,
            "firm": lambda asked: self._chosen(_whole(asked, "row")),
            "no_firm": lambda _: self._choose(None),
            "download": self._download,
            "upload": self._upload,
        }

    def hear(self, message: Any) -> None:
        """Do what the page asks for; what cannot be done is answered by a line, whatever was asked."""
        try:
            if not isinstance(message, Mapping) or message.get("do") not in self._asked:
                raise ScenarioError("the page asked for something that this server does not know; reload it")
            with unlocked():  # all that a message changes goes to the browser in one message
                self._asked[message["do"]](message)
        except CreditRegimeError as error:
            self.room.tell("error", text=str(error))
            self._tell_setting()
        except MemoryError:
            self.room.tell("error", text="not enough memory for this; fewer firms or months are needed")

    def _greet(self, _: Mapping[str, Any]) -> None:
        self.room.tell("limits", text=self._limits.in_words(), months=self._limits.months, firms=self._limits.firms)
        if self._complaint:
            self.room.tell("error", text=self._complaint)
        self._tell_setting()
        self._show()
        self._aim(self._target)

    def _head_for(self, asked: Mapping[str, Any]) -> None:
        self._playing = asked.get("playing") is True
        self._aim(_whole(asked, "month"))

    def _settle(self) -> None:
        """Bring everything up to date after playing."""
        self._playing = False
        if not self._working:
            self._show()

    def _aim(self, month: int) -> None:
        self._target = min(max(month, 0), self.twins.months)
        if not self._working:
            self._work()

    def _work(self) -> None:
        """Go on towards the month that was asked for last, for a moment; then let others have their turn."""
        started, before = perf_counter(), self.twins.month
        reached = self.twins.advance(self._target, SLICE)
        self._working = not reached
        if reached:
            self._show(1000 * (perf_counter() - started) if self.twins.month > before else 0.0)
        else:
            self.room.tell("progress", month=self.twins.month, target=self._target)
            self._document.add_next_tick_callback(partial(self._guarded, self._work))

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            with unlocked():  # all that a message changes goes to the browser in one message
                work()
        except CreditRegimeError as error:
            self._working = False
            self.room.tell("error", text=str(error))

    def _show(self, simulated: float = 0.0) -> None:
        started = perf_counter()
        charts = not self._playing or started - self._charted > CHARTS_EVERY
        self._charted = started if charts else self._charted
        self.pictures.show(self._firm, charts=charts)
        self.room.tell(
            "frame",
            **told.frame(self.twins, self.pictures.indicators),
            firm=told.firm(self.twins, self._firm),
            simulated=simulated,
            drawn=1000 * (perf_counter() - started),
        )

    def _chosen(self, row: int) -> None:
        if not 0 <= row < self.twins.models[0].world.rows:
            raise ScenarioError(f"firm: {row} is not allowed: from 0 to {self.twins.models[0].world.rows - 1}")
        self._choose(row)

    def _choose(self, row: int | None) -> None:
        self._firm = row
        self.pictures.choose(row)
        self.room.tell("firm", firm=told.firm(self.twins, row))

    def _set(self, asked: Mapping[str, Any]) -> None:
        path, world, value = str(asked.get("path")), "b" if asked.get("world") == "b" else "a", asked.get("value")
        if path in (*PARTS, *RULES):
            base = self.setting.preset()
            path, value = switched(path, value, base)
        else:
            value = read_value(told.row(path, *self.twins.scenarios), value)
        self._change(self.setting.placed(path, value, "b" if world == "b" else "a"))

    def _preset(self, asked: Mapping[str, Any]) -> None:
        group, option = str(asked.get("group")), str(asked.get("option"))
        if group not in told.GROUPS:
            raise ScenarioError(f"{group[:40]}: not a group of presets; allowed: {', '.join(told.GROUPS)}")
        if asked.get("world") == "b" and group == "regime":
            self._change(self.setting.chosen(group, option, "b"))
        else:
            self._change(self.setting.chosen(group, option))

    def _no_preset(self, asked: Mapping[str, Any]) -> None:
        """Take a preset back: world B's own regime, or topics other than the regime's."""
        if asked.get("world") == "b":
            self._change(self.setting.without_other_regime())
        else:
            self._change(self.setting.unchosen(str(asked.get("group"))))

    def _change(self, setting: Setting) -> None:
        """Make both worlds anew, and come back to the month where they stood; a setting that fails changes nothing."""
        twins = TwinWorlds(setting.worlds(), self._limits, self.twins)
        month = self._target
        self.setting, self.twins = setting, twins
        if self._firm is not None and self._firm >= twins.models[0].world.rows:
            self._firm = None
        self.pictures.change(twins)
        self.room.tell("error", text="")
        self._tell_setting()
        self._aim(month)

    def _tell_setting(self) -> None:
        self.room.tell("setting", **told.setting(self.setting, self.twins, self._limits, self._open))

    def _open_sections(self, asked: Mapping[str, Any]) -> None:
        known = dict(told.section_titles(self.twins))
        wanted = asked.get("sections")
        self._open = tuple(path for path in wanted if path in known) if isinstance(wanted, list) else ()
        self.room.tell("rows", sections=told.opened(self.twins, self._open))

    def _upload(self, asked: Mapping[str, Any]) -> None:
        text, name = asked.get("text"), str(asked.get("name"))[:80]
        if not isinstance(text, str) or len(text) > LONGEST_TEXT:
            raise ScenarioError(f"{name}: larger than the {LONGEST_TEXT:,} characters that this server reads")
        scenario = self._limits.check(Scenario.from_yaml(text, name))
        setting = of_scenario(scenario, self.setting.other)
        try:
            setting.worlds()
        except ScenarioError:  # what was different in world B has no place in this scenario
            setting = setting.without_difference()
        self._change(setting)

    def _download(self, asked: Mapping[str, Any]) -> None:
        what = asked.get("what")
        made = {
            "scenario_a": lambda: downloads.scenario_file(self.twins, 0),
            "scenario_b": lambda: downloads.scenario_file(self.twins, 1),
            "indicators": lambda: downloads.indicators_file(self.twins),
            "everything": lambda: downloads.archive(self.twins),
        }
        name, _, kind = str(what).partition(".")
        if what in made:
            self._give(made[str(what)]())
        elif name.removeprefix("figure_") in downloads.FIGURES and kind in ("png", "svg"):
            self._draw(name.removeprefix("figure_"), kind)
        else:
            raise ScenarioError(f"download: there is no {str(what)[:40]!r}")

    def _draw(self, name: str, kind: str) -> None:
        found = downloads.comparison(self.twins)
        self.room.tell("note", text="The figure is being drawn.")

        def deliver(made: Any) -> None:
            if (error := made.exception()) is None:
                picture = made.result()
                content = picture.png if kind == "png" else picture.svg
                mime = "image/png" if kind == "png" else "image/svg+xml"
                file = downloads.File(f"twin-worlds-{name}.{kind}", mime, content)
                self._document.add_next_tick_callback(partial(self._give, file))
            else:
                text = str(error) if isinstance(error, CreditRegimeError) else "the figure could not be drawn"
                self._document.add_next_tick_callback(partial(self.room.tell, "error", text=text))

        _DRAWING.submit(downloads.FIGURES[name], found).add_done_callback(deliver)

    def _give(self, file: downloads.File) -> None:
        content = base64.b64encode(file.content).decode()
        self.room.tell("file", name=file.name, mime=file.kind, content=content)


def _whole(asked: Mapping[str, Any], key: str) -> int:
    value = asked.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not float(value).is_integer():
        raise ScenarioError(f"{key}: {str(value)[:40]!r} is not allowed: a whole number is needed")
    return int(value)
