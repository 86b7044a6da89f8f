"""What README.md and the guides tell people to type is typed here, at a smaller size."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDES = (
    "README.md",
    "docs/guide-researcher.md",
    "docs/guide-teacher.md",
    "docs/guide-author.md",
    "docs/calibration.md",
    "docs/figures.md",
    "docs/classroom/replay.md",
)
LESSONS = sorted(f"docs/classroom/{path.stem}.md" for path in (ROOT / "docs/classroom/studies").glob("*.yaml"))
SMALL = ("population.firms=80", "months=13")
PARALLEL = ("attribute", "calibrate", "compare", "replay", "rerun", "sweep", "systems", "tournament", "validate")
"""Commands that share their work among processes."""

# Runs the commands of a page in one process, as starting Python anew for each would take most of the time. Figures and
# report have tests of their own.
DRIVER = """
import contextlib, json, pathlib, sys
import creditregime.presentation.folder
from creditregime.laboratory.attribution.folder import write_attribution
from creditregime.laboratory.store import add_to_folder, save_tables
def save(result, path):
    if not isinstance(result, creditregime.Attribution):
        return save_tables(result, path)
    with add_to_folder(path) as folder:
        write_attribution(result, folder)
    return path
creditregime.presentation.folder.save = save
from creditregime.cli import main
for arguments, target in json.loads(sys.argv[1]):
    with open(target, "w") if target else contextlib.nullcontext(sys.stdout) as output:
        with contextlib.redirect_stdout(output):
            code = main(arguments)
    if code:
        sys.exit(f"{arguments}: exit code {code}")
"""


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of a page in one language, indented ones included."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(rf"(?ms)^( *)```{language}\n(.*?)^ *```", text)
    return [re.sub(rf"(?m)^{indent}", "", body) for indent, body in found]


def commands(page: str) -> list[tuple[list[str], str]]:
    """Return the commands of a page, each with the file that takes its output."""
    found = []
    for line in "".join(blocks(page, "console")).splitlines():
        command, _, target = line.partition(">")
        words = shlex.split(command, comments=True)
        if words[0] == "creditregime":
            found.append((words[1:], target.strip()))
    return found


def small(words: list[str]) -> list[str]:
    """Return a command with few firms, months and seeds, in one process, as starting others takes longer than the work.

    What a command says itself comes later and wins, but for its seeds.
    """
    words = [re.sub(r"^months=.*", "months=13", word) for word in words]
    command, *rest = words
    if command in ("run", "compare", "attribute"):
        words[1:1] = SMALL
    if command in ("compare", "attribute", "tournament"):
        words += ["--seeds", "2"]
    if command == "systems" and rest:
        words += ["--seeds", "3"]
    if command in PARALLEL:
        words += ["--workers", "1"]
    return words


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder with the documentation beside it, as in a checkout."""
    for name in ("docs", "experiments"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def execute(arguments: list[str], folder: Path) -> str:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "model"), "MPLBACKEND": "Agg"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("pages", [*([page] for page in GUIDES), LESSONS], ids=[*GUIDES, "lessons"])
def test_commands(pages: list[str], folder: Path) -> None:
    tasks = []
    for page in pages:
        for text in blocks(page, "yaml"):
            if name := re.match(r"# (\S+\.yaml)\n", text):
                with (folder / name[1]).open("x", encoding="utf-8") as file:
                    file.write(fewer(text))
        typed = [(words, target) for words, target in commands(page) if words[0] != "app"]  # serves until it is stopped
        found = [(small(words), target) for words, target in typed if "dask" not in words]  # needs a cluster
        assert found, page
        tasks += found
    execute(["-c", DRIVER, json.dumps(tasks)], folder)


@pytest.mark.parametrize("page", [*GUIDES, *(page for page in LESSONS if blocks(page, "python"))])
def test_python(page: str, folder: Path) -> None:
    paths = []
    for number, text in enumerate(blocks(page, "python")):
        if "kind=" not in text:  # the file of own rules is imported by the block after it
            paths.append(folder / f"example_{number}.py")
            people = page == "README.md" and not number  # with as many processes as there are, from a plain script
            paths[-1].write_text(smaller(text) if people else in_one_process(smaller(text)), encoding="utf-8")
    assert execute([str(paths[0])], folder).strip()  # a script of its own, as people run it
    if not paths[1:]:
        return
    script = "import runpy, sys\nfor path in sys.argv[1:]: print('#'); runpy.run_path(path, run_name='__main__')"
    shown = execute(["-c", script, *map(str, paths[1:])], folder)
    assert all(part.strip() for part in shown.split("#\n")[1:]), "an example shows nothing"


def fewer(file: str) -> str:
    """Return a study or calibration with few firms, months, draws and points."""
    file = re.sub(r"population\.firms=\d+, months=\d+", ", ".join(SMALL), file)
    file = re.sub(r"draws: \d\d+$", "draws: 2", file, flags=re.MULTILINE)
    file = re.sub(r"budget: .*", "budget: {filter: 16, rounds: 0, search: 0}", file)
    return re.sub(r"seeds: \d+", "seeds: 2", file)


def smaller(script: str) -> str:
    """Return a script with few firms, months and seeds."""
    script = re.sub(r'"(regime=\w+)"', r'"\1", "population.firms=80"', script)
    script = script.replace('regime="joint_2016"', '"population.firms=80", regime="joint_2016"')
    script = re.sub(r"months=\d+", "months=13", script)
    script = re.sub(r"seeds=\d+", "seeds=2, months=13", script)
    script = script.replace('strikes.yaml"), ', 'strikes.yaml"), seeds=2, months=13, ')
    return script.replace("(0.5, 1, 2)", "(0.5, 2)")


def in_one_process(script: str) -> str:
    """Return a smaller script that starts no others: that takes longer than its work."""
    return re.sub(r"(?s)(\.(?:attribute|compare|tournament)\(.*?)seeds=2,", r"\1seeds=2, workers=1,", script)


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
    for page in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        named = set(re.findall(r"(?m)(?:^|`)make ([a-z]+)", text))
        assert named
        assert named <= targets, f"{page}: {named - targets}"


@pytest.mark.parametrize(("language", "file"), [("python", "my_rules.py"), ("yaml", "strikes.yaml")])
def test_own_rule_in_readme_is_the_tested_file(language: str, file: str) -> None:
    assert (ROOT / "docs/examples" / file).read_text(encoding="utf-8") in blocks("README.md", language)


def test_own_rules_act(folder: Path) -> None:
    """The example's rating and targeting change what happens, and firms foresee the lower grade."""
    script = """
import sys
sys.path.append("docs/examples")
import my_rules
import creditregime
base = creditregime.Scenario.read("docs/examples/strikes.yaml").changed({"population.firms": 100, "months": 30})
base = base.changed({"topics": {"tax": {"hazard": 0.9, "cost": 0.1}, "data": {}, "competition": {}}})
base = base.changed({"inspection.rate": 0.5})
one, two, three, four, five = (
    creditregime.run(base, **changes).indicators.iloc[-6:].mean()
    for changes in (
        {},
        {"rating.limit": 1},
        {"inspection.per_record": 20},
        {"measures.no_tenders.size": 100},
        {"behaviour.kind": "per_firm", "behaviour.strategy": "wait_and_see"},
    )
)
assert 0 < one["grade_struck_out"] < two["grade_struck_out"]
assert three["inspections"] > 1.5 * one["inspections"]
assert four["compliance"] > one["compliance"], "firms do not foresee being struck out"
assert five["compliance"] != one["compliance"]
print("done")
"""
    assert "done" in execute(["-c", script], folder)
