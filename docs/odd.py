"""Writes the ODD+D description: prose from docs/odd_parts, equations from docs/model.md, the rest from the code.

``python docs/odd.py`` rewrites docs/odd.md, which is committed; a test compares the two.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [path for path in (str(HERE), str(HERE.parent / "model")) if path not in sys.path]

import odd_submodels  # noqa: E402
import odd_tables as tables  # noqa: E402
from described import by_page, kinds  # noqa: E402

import creditregime  # noqa: E402
from creditregime.component import Rule  # noqa: E402

PAGE, MODEL = HERE / "odd.md", HERE / "model.md"
NOTICE = "% Written by docs/odd.py from docs/odd_parts, docs/model.md and the code. Do not edit: run `make odd`.\n\n"


def write() -> None:
    """Rewrite the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """Return the whole description."""
    parts = [(tables.PARTS / f"{name}.md").read_text(encoding="utf-8") for name in ("overview", "concepts", "details")]
    return NOTICE + filled("\n".join(parts)).rstrip() + "\n"


def filled(text: str) -> str:
    """Return a text with every mark ``{{ name: argument }}`` replaced by what it stands for."""
    return re.sub(r"\{\{ (\w+)(?:: (.*?))? \}\}", lambda found: MARKS[found[1]](found[2] or ""), text)


# What marks stand for


def equation(snippet: str) -> str:
    """Return the one displayed equation of docs/model.md that contains a snippet."""
    blocks = re.findall(r"(?ms)^```\{math\}\n.*?^```$|^\$\$.*?\$\$$", MODEL.read_text(encoding="utf-8"))
    found = _one([block for block in blocks if snippet in block], f"displayed equation with {snippet!r}")
    return re.sub(r"(?s)^\$\$(.*?)[,.]?\$\$$", r"```{math}\n\1\n```", found)


def rules(heading: str) -> str:
    """Return what docs/model.md says of each rule in a list under a heading: its equations."""
    found = re.findall(r"(?ms)^- `.*?(?=\n\n)", _under(heading)[0])
    return _one(found[:1], f"list of rules under {heading!r}")


def paragraphs(which: str) -> str:
    """Return what docs/model.md says under a heading, in paragraphs with a title of their own.

    ``12. Settle`` stands for all of them, ``2. Choose: Character`` for one, ``2. Choose: all but Bunching; Character``
    for the others.
    """
    heading, _, named = which.partition(": ")
    titled = {re.match(r"\*\*(.+?)\.?\*\*", text)[1]: text.strip() for text in _under(heading)[1:]}
    titles = named.removeprefix("all but ").split("; ") if named else []
    for title in titles:
        _one([t for t in titled if t == title], f"paragraph titled {title!r} under {heading!r}")
    others = not named or named.startswith("all but ")
    return "\n\n".join(text for title, text in titled.items() if (title in titles) != others)


def _under(heading: str) -> list[str]:
    """Return what stands under a heading of docs/model.md, cut where a paragraph begins with a title."""
    sections = re.split(r"(?m)^#+ (.+)$", MODEL.read_text(encoding="utf-8"))
    found = [text for title, text in zip(sections[1::2], sections[2::2], strict=True) if title == heading]
    return re.split(r"(?m)^(?=\*\*[A-Z])", _one(found, f"heading {heading!r}"))


def _one(found: list[str], what: str) -> str:
    if len(found) != 1:
        raise ValueError(f"docs/model.md: {what}: there are {len(found)}, 1 is needed")
    return found[0]


def validation(text: str) -> str:
    """Return a mention of the page of validation: a link where the page is there."""
    return f"[{text}](validation.md)" if (HERE / "validation.md").is_file() else text


def version(_: str) -> str:
    """Return the version of the package."""
    return creditregime.__version__


def number(what: str) -> str:
    """Return how many rules or parameters there are."""
    held = [place.model for found in by_page().values() for place in found]
    rules = [rule for model in held if issubclass(model, Rule) for rule in kinds(model)]
    return str(len(rules) if what == "rules" else len(by_page()))


def submodels(_: str) -> str:
    """Return the sections of all submodels."""
    return filled(odd_submodels.submodels())


MARKS: dict[str, Callable[[str], str]] = {
    **{f.__name__: f for f in (equation, rules, paragraphs, validation, version, number, submodels)},
    **{f.__name__: f for f in (tables.state, tables.documented, tables.economy, tables.codes, tables.stages)},
    **{f.__name__: f for f in (tables.schedule, tables.streams, tables.indicators, tables.outcomes)},
    **{f.__name__: f for f in (tables.patterns, tables.presets, tables.scenario)},
}


if __name__ == "__main__":
    write()
