"""The page on tables: its commands and its script run as printed, and its columns are those of the code."""

from __future__ import annotations

import json
from pathlib import Path

from creditregime.population.schema import TABLES
from tests.docs.test_pages import generate, pages
from tests.docs.test_readme import DRIVER, blocks, commands, execute, folder

__all__ = ["folder", "generate", "pages"]  # fixtures

PAGE = "docs/data-schema.md"


def test_commands(folder: Path) -> None:
    tasks = commands(PAGE)
    assert len(tasks) == 7
    execute(["-c", DRIVER, json.dumps(tasks)], folder)
    assert (folder / "my_firms" / "firms.csv").is_file()
    assert len(list((folder / "results").iterdir())) == 4


def test_python(folder: Path) -> None:
    (script,) = blocks(PAGE, "python")
    (folder / "example.py").write_text(script, encoding="utf-8")
    shown = execute(["example.py"], folder)
    assert "agriculture" in shown
    assert "links: 3 of 55 values scaled down" in shown


def test_every_column_is_in_the_page(pages: dict[str, str]) -> None:
    text = pages["data-columns.md"]
    for title, declared in TABLES.values():
        part = text.partition(f"### {title}\n")[2].partition("\n###")[0]
        for column in declared:
            name = f"`{column.name}`" if column.name.isidentifier() else column.name
            assert f"| {name} | {column.type} |" in part
            assert (column.missing or "required") in part
