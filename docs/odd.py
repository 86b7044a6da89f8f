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

PAGE = HERE / "odd.md"
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
    blocks = re.findall(r"(?ms)^```\{math\}\n.*?^```$|^\$\$.*?\$\$$", (HERE / "model.md").read_text(encoding="utf-8"))
    found = [block for block in blocks if snippet in block]
    if len(found) != 1:
        raise ValueError(f"docs/model.md has {len(found)} displayed equations with {snippet!r}; 1 is needed")
    return re.sub(r"(?s)^\$\$(.*?)[,.]?\$\$$", r"```{math}\n\1\n```", found[0])


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
    **{f.__name__: f for f in (equation, validation, version, number, submodels)},
    **{f.__name__: f for f in (tables.state, tables.documented, tables.economy, tables.codes, tables.stages)},
    **{f.__name__: f for f in (tables.schedule, tables.streams, tables.indicators, tables.outcomes)},
    **{f.__name__: f for f in (tables.patterns, tables.presets, tables.scenario)},
}


if __name__ == "__main__":
    write()
