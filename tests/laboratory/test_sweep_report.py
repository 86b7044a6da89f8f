"""The report of a sweep: every design has its figures, every number comes from the runs, failures are told."""

from __future__ import annotations

import html
import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from creditregime import compare, contrasts
from creditregime.cli import main
from creditregime.errors import ScenarioError
from creditregime.laboratory.run import run
from creditregime.laboratory.store import save_tables
from creditregime.laboratory.sweeps import Sweep, sweep
from creditregime.presentation import report_of_results
from creditregime.presentation.copies import Table, escape, latex_table
from creditregime.presentation.figures import figures
from creditregime.presentation.report import report
from tests.unit.test_presentation import Page, addresses

STRENGTH, JOINT, FINES = "spillover.partner.strength", "joint_punishment.strength", "fines.scale"
BASE = ["regime=joint_2016", "population.firms=40", "months=6"]
TOGGLES = {"joint": {"off": {"joint_punishment.kind": "none"}}, "penalties": {"off": {"fines.kind": "none"}}}
DESIGNS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "numbers": ({"kind": "grid", "factors": {STRENGTH: [0, 0.2, 0.4]}}, ["levels", "differences"]),
    "names": ({"kind": "grid", "factors": {"regime": ["none", "fines_only"]}}, ["levels", "forest"]),
    "map": (
        {"kind": "grid", "factors": {STRENGTH: [0, 0.2, 0.4], JOINT: [0, 0.5, 1]}},
        ["phases_compliance", "phases_exits", "phases_compliance_difference", "phases_exits_difference", "forest"],
    ),
    "lines": (
        {"kind": "grid", "factors": {STRENGTH: [0, 0.2, 0.4], "regime": ["joint_2016", "joint_2020"]}},
        ["levels", "differences", "forest"],
    ),
    "three": (
        {"kind": "grid", "factors": {STRENGTH: [0, 0.4], JOINT: [0, 1], FINES: [1, 2]}},
        ["levels_0", "levels_1", "levels_2", "forest"],
    ),
    "toggles": ({"kind": "factorial", "toggles": TOGGLES}, ["attribution", "forest"]),
    "samples": (
        {"kind": "latin_hypercube", "samples": 5, "factors": {STRENGTH: {"high": 0.5}, FINES: {"low": 0.5, "high": 2}}},
        ["scatter", "sensitivity-compliance", "sensitivity-exits"],
    ),
    "one point": ({"kind": "list", "points": [{FINES: 1}]}, []),
}


def swept(folder: Path, design: dict[str, Any], seeds: int = 2, **more: Any) -> Sweep:
    asked = {"title": "A study", "question": "What does it do?", "base": BASE, "design": design}
    asked |= {"replicates": {"kind": "fixed", "seeds": seeds}, "keep": ["compliance", "exits"]}
    return sweep(asked | more, folder, workers=1)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return swept(tmp_path_factory.mktemp("lines") / "s", DESIGNS["lines"][0], seeds=3)


@pytest.mark.parametrize("name", DESIGNS)
def test_every_design_has_its_figures_and_a_report(name: str, tmp_path: Path) -> None:
    design, expected = DESIGNS[name]
    result = swept(tmp_path / "s", design)
    drawn = figures(result)
    assert [picture.name for picture in drawn] == expected
    page = Page(report(result, drawn))
    words = " ".join(page.words.split())
    assert "What does it do?" in words
    assert "No run failed." in words
    assert len(page.all("img")) == len(expected)
    assert not re.search(r"\bnan\b", page.words, re.IGNORECASE)


def test_the_report_is_accessible_and_needs_nothing_from_outside(lines: Sweep) -> None:
    text = report(lines)
    page = Page(text)
    assert all(len(str(image["alt"])) > 30 for image in page.all("img"))
    assert all("scope" in cell for cell in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table")) == len(page.all("details"))
    targets = {str(link["href"]).removeprefix("#") for link in page.all("a")}
    assert targets <= {attributes.get("id") for _, attributes in page.tags}
    assert not addresses(re.sub(r"base64,[^\"]*", "", text))
    assert not page.all("script")
    assert report(lines) == text, "the same sweep, the same bytes"


def blocks(text: str) -> list[str]:
    return [html.unescape(block) for block in re.findall(r"<pre tabindex=\"0\"><code>(.*?)</code>", text, re.S)]


def test_tables_hold_what_the_runs_say(lines: Sweep) -> None:
    found = [pd.read_csv(io.StringIO(block)) for block in blocks(report(lines, []))[1::2]]
    outcomes = next(table for table in found if "mean" in table)
    means = lines.runs.groupby("point")["exits"].mean()
    told = outcomes[outcomes["outcome"] == "exits"].set_index("point")["mean"]
    np.testing.assert_allclose(told, means)
    effects = next(table for table in found if "variance_ratio" in table)
    pd.testing.assert_frame_equal(effects, contrasts(lines, 0), check_dtype=False)
    other = [pd.read_csv(io.StringIO(b)) for b in blocks(report(lines, [], {STRENGTH: 0.4}))[1::2]]
    chosen = next(table for table in other if "variance_ratio" in table)
    pd.testing.assert_frame_equal(chosen, contrasts(lines, {STRENGTH: 0.4}), check_dtype=False)


def test_how_many_effects_are_clear_is_counted(lines: Sweep) -> None:
    words = " ".join(Page(report(lines, [])).words.split())
    table = contrasts(lines, 0)
    clear = ((table["low"] > 0) | (table["high"] < 0)).sum()
    assert f"Of {len(table)} contrasts in the short table {clear} have" in words
    assert "3 seeds at each" in words


def test_failures_are_told(tmp_path: Path, failing_strategies: None) -> None:
    base = [*BASE, "behaviour={kind: per_firm, strategy: raises_with_seed_3}"]
    result = swept(tmp_path / "s", {"kind": "grid", "factors": {FINES: [1, 2]}}, seeds=4, base=base)
    assert len(result.failures)
    words = " ".join(Page(report(result, [])).words.split())
    assert f"{len(result.failures)} runs failed; they count nowhere in the results." in words
    assert result.failures["error"].iloc[0] in words


def test_one_seed_and_no_run_are_said(tmp_path: Path) -> None:
    alone = swept(tmp_path / "s", DESIGNS["numbers"][0], seeds=1)
    words = Page(report(alone, [])).words
    assert "One seed cannot tell an effect from chance" in words
    assert not re.search(r"\bnan\b", words, re.IGNORECASE)
    alone.__dict__["runs"] = alone.runs.iloc[:0]
    assert "No run is finished." in Page(report(alone)).words


# LaTeX


def test_latex_tables_state_every_cell() -> None:
    frame = pd.DataFrame({"Who": ["[1, 2]", "a & b"], "Value": ["−1.5", "2"], "Why": ["φ ≥ 50%", "x" * 60]})
    text = latex_table(Table("t", "A_b", frame))
    assert r"\caption{A\_b}" in text
    assert r"{}[1, 2] & $-$1.5 & $\phi$ $\geq$ 50\% \\" in text, "a bracket is no argument of the line before"
    assert re.search(r"\\begin\{tabular\}\{lrp\{0\.\d+\\linewidth\}\}", text)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX is installed")
def test_latex_compiles(lines: Sweep, tmp_path: Path) -> None:
    result = run("population.firms=40", "months=6", "regime=joint_2016", seed=1)
    copies = report_of_results.context(result)["copies"].values()
    tables = [*blocks(report(lines, []))[::2], *(copy.latex for copy in copies)]
    pair = compare("population.firms=40", "months=6", seeds=2, workers=1)
    tables += [copy.latex for copy in report_of_results.context(pair)["copies"].values()]
    unusual = pd.DataFrame(
        {"a": ["~^\\{}$#_&%“”’…≥≤×→±²³·∞½°ⁿ⁻√≈∈<>–−", "αβγδεζηθικλμνξπρστυφχψωΔΣΛΩΦ"], "b": ["[x]", "*"]}
    )
    tables.append(latex_table(Table("unusual", escape("x"), unusual)))
    head = "\\documentclass{article}\\usepackage[utf8]{inputenc}\\usepackage[T1]{fontenc}\\usepackage{booktabs}"
    source = "\n\\clearpage\n".join([head + "\\begin{document}", *tables, "\\end{document}"])
    (tmp_path / "all.tex").write_text(source, encoding="utf-8")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout[-1500:]


# Command line


def test_the_command_writes_the_report_of_any_folder(
    lines: Sweep, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "r.html"
    chosen = ["--against", f"{STRENGTH}=0", "regime=joint_2020"]
    assert main(["report", str(lines.folder), "--out", str(out), *chosen, "--figures", str(tmp_path / "f")]) == 0
    assert "compared with partner strength 0, regime joint 2020" in Page(out.read_text(encoding="utf-8")).words
    assert {path.name for path in (tmp_path / "f").iterdir()} == {
        f"{name}.{kind}" for name in DESIGNS["lines"][1] for kind in ("png", "svg")
    }
    folder = save_tables(run("population.firms=30", "months=4", "regime=none"), tmp_path / "run")
    assert main(["report", str(folder)]) == 0
    assert "creditregime report" in (folder / "report.html").read_text(encoding="utf-8")
    assert f"Report:  {folder / 'report.html'}" in capsys.readouterr().out
    assert main(["animate", str(folder), "--out", str(tmp_path / "a.gif"), "--every", "2"]) == 0
    assert (tmp_path / "a.gif").read_bytes()[:3] == b"GIF"


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (["report", "{run}", "--against", "a=1"], "--against: is for sweeps"),
        (["report", "{sweep}", "--against", "regime"], "FACTOR=VALUE is needed"),
        (["report", "{sweep}", "--against", "regime=none"], "'none' is not among the values"),
        (["report", "{nothing}"], "not a result folder"),
        (["animate", "{sweep}", "--out", "{nothing}.gif"], "is the folder of a sweep"),
        (["animate", "{run}", "--out", "{nothing}.png"], "a film is written as .gif or .mp4"),
    ],
)
def test_a_wrong_command_is_one_line_and_writes_nothing(
    lines: Sweep, tmp_path: Path, command: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = save_tables(run("population.firms=20", "months=1", "regime=none"), tmp_path / "run")
    places = {"run": folder, "sweep": lines.folder, "nothing": tmp_path / "nothing"}
    before = sorted(tmp_path.rglob("*"))
    assert main([part.format(**places) for part in command]) == 2
    said = capsys.readouterr().err
    assert text in said
    assert said.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_the_folder_of_another_version_is_one_line(
    lines: Sweep, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = shutil.copytree(lines.folder, tmp_path / "other")
    facts = json.loads((other / "sweep.json").read_text(encoding="utf-8"))
    (other / "sweep.json").write_text(json.dumps(facts | {"layout": {"points": 6}}), encoding="utf-8")
    assert main(["report", str(other)]) == 2
    assert capsys.readouterr().err.endswith("was written by another version of creditregime; run its study again\n")


def test_an_unknown_reference_is_refused_before_anything_is_drawn(lines: Sweep) -> None:
    with pytest.raises(ScenarioError, match="must be a point from 0 to 5"):
        figures(lines, 9)
