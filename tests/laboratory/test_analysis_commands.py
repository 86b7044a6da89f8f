"""The commands factors, sensitivity, burn-in and runs-needed: what they print and write, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import yaml

from creditregime import cli, compare, sweep
from creditregime.laboratory.store import save_tables
from creditregime.presentation.sensitivity_figure import sensitivity_figure
from creditregime.presentation.sensitivity_table import sensitivity_latex

pytest.importorskip("SALib")
BASE = ["regime=joint_2016", "population.firms=40", "months=6"]
FACTORS = {"fines.scale": {"high": 3}, "partners.review": {}}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the folders of small sweeps, of a comparison and of nothing."""
    root = tmp_path_factory.mktemp("folders")
    kept = {"base": BASE, "keep": ["compliance", "regions_with_pilot"], "months": ["compliance", "output"]}
    seeds = {"replicates": {"kind": "fixed", "seeds": 2}}
    designs = {
        "morris": {"kind": "morris", "trajectories": 2, "factors": FACTORS},
        "saltelli": {"kind": "saltelli", "power": 1, "second_order": True, "factors": FACTORS},
        "sobol": {"kind": "sobol", "power": 3, "factors": FACTORS},
        "grid": {"kind": "grid", "factors": {"fines.scale": [0, 3]}},
    }
    for name, design in designs.items():
        sweep(kept | seeds | {"design": design}, root / name, workers=1)
    save_tables(compare(*BASE, seeds=2, workers=1), root / "comparison")
    return {name: root / name for name in (*designs, "comparison", "nothing")}


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield
    assert not [*tmp_path.glob(".*")], "something half-written stayed behind"


def said(capsys: pytest.CaptureFixture[str], *words: str | Path, code: int = 0) -> str:
    """Return what a command prints: its output, or its one line of error."""
    assert cli.main([*map(str, words)]) == code
    captured = capsys.readouterr()
    if not code:
        return captured.out
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    return captured.err


@pytest.mark.parametrize(("design", "sign"), [("morris", "μ*"), ("saltelli", "S2"), ("sobol", "threshold")])
def test_a_design_decides_what_is_told(
    folders: dict[str, Path], design: str, sign: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "sensitivity", folders[design], "--resamples", "20")
    assert sign in text
    assert "Compliance effort, %" in text
    assert "none: constant: 0 at every point" in text
    assert "of the variance of runs" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 100
    factor = next(line.split()[0] for line in text.splitlines() if line.startswith("  ") and "[" in line)
    assert factor == "fines.scale"


def test_table_and_folder_are_written_whole(
    folders: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("sensitivity", folders["saltelli"], "--resamples", "20", "--outcomes", "compliance")
    text = said(capsys, *words, "--out", "table.csv")
    assert f"Results: {tmp_path / 'table.csv'}" in text
    table = pd.read_csv(tmp_path / "table.csv", keep_default_na=False)
    assert table["factor"].iloc[0] == "fines.scale"
    assert table["outcome"].unique().tolist() == ["compliance"]
    said(capsys, *words, "--out", "told")
    assert {path.relative_to(tmp_path / "told").as_posix() for path in (tmp_path / "told").rglob("*.*")} == {
        "sensitivity.csv",
        "interactions.csv",
        "sensitivity.tex",
        "figures/sensitivity-compliance.png",
        "figures/sensitivity-compliance.svg",
    }
    assert (tmp_path / "told" / "sensitivity.csv").read_bytes() == (tmp_path / "table.csv").read_bytes()
    assert r"\texttt{partners.review}" in (tmp_path / "told" / "sensitivity.tex").read_text(encoding="utf-8")
    assert "told: is in use" in said(capsys, *words, "--out", "told", code=2)


def test_pawn_can_be_asked_of_a_saltelli_design(folders: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    words = ("sensitivity", folders["saltelli"], "--method", "pawn", "--slices", "2", "--resamples", "20")
    text = said(capsys, *words, "--confidence", "0.9")
    assert "threshold" in text
    assert "S2" not in text


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("sensitivity", "{grid}"), "'grid' tells no sensitivity"),
        (("sensitivity", "{morris}", "--method", "sobol"), "'sobol' is not possible with design 'morris'"),
        (("sensitivity", "{morris}", "--outcomes", "exits"), "unknown outcome 'exits'"),
        (("sensitivity", "{morris}", "--confidence", "2"), "confidence: 2.0"),
        (("sensitivity", "{nothing}"), "study.yaml: cannot be read"),
        (("sensitivity", "{comparison}"), "study.yaml: cannot be read"),
        (("burn-in", "{nothing}"), "not a result folder"),
        (("burn-in", "{grid}", "--indicators", "exits"), "'exits' is not there"),
        (("runs-needed", "{grid}"), "name an outcome and how narrow"),
        (("runs-needed", "{grid}", "--half-width", "compliance"), "OUTCOME=SIZE is needed"),
        (("runs-needed", "{grid}", "--half-width", "compliance=x%"), "OUTCOME=SIZE is needed"),
        (("runs-needed", "{grid}", "--half-width", "compliance=1", "--against", "7"), "against: 7"),
        (
            ("runs-needed", "{grid}", "--half-width", "compliance=1", "--against", "fines.scale=9"),
            "not among the values",
        ),
        (("factors", "regime=joint_2016", "--within", "0"), "within: 0.0"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    folders: dict[str, Path], words: tuple[str, ...], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert text in said(capsys, *(word.format(**folders) for word in words), code=2)


def test_factors_print_a_design(capsys: pytest.CaptureFixture[str]) -> None:
    block = yaml.safe_load(said(capsys, "factors", "regime=fines_only", "--within", "0.5"))
    assert block["design"]["factors"]["fines.scale"] == {"low": 0.5, "high": 1.5}


def test_burn_in_takes_sweeps_and_comparisons(
    folders: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "burn-in", folders["grid"], "--out", "settled")
    assert "point 1: output" in text
    assert "too short: 6 months, at least 50 are needed" in text
    assert len(pd.read_csv(tmp_path / "settled" / "burn_in.csv")) == 4
    assert len([*(tmp_path / "settled" / "figures").glob("burn-in-*.png")]) == 2
    assert "variant against: compliance" in said(capsys, "burn-in", folders["comparison"], "--out", "settled.csv")
    assert (tmp_path / "settled.csv").is_file()


def test_runs_needed_takes_sweeps_and_comparisons(
    folders: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "runs-needed", folders["grid"], "--half-width", "compliance=1e6", "--out", "needed.csv")
    assert [line.split()[-1] for line in text.splitlines() if line.startswith("  point")] == ["2", "2"]
    assert pd.read_csv(tmp_path / "needed.csv")["enough"].all()
    words = ("runs-needed", folders["grid"], "--half-width", "compliance=1e6", "--against")
    assert said(capsys, *words, "0") == said(capsys, *words, "fines.scale=0")
    assert "effect" in said(capsys, "runs-needed", folders["comparison"], "--half-width", "compliance=5%")


# Figures and LaTeX


def told(method: str, factors: int, reason: str = "") -> pd.DataFrame:
    """Return a table of made-up measures."""
    names = {"sobol": ("S1", "ST"), "morris": ("mu", "mu_star", "sigma"), "pawn": ("pawn",)}[method]
    rows = []
    for number in range(factors):
        row = {"outcome": "compliance", "label": "Compliance effort", "unit": "%", "method": method}
        row |= {"factor": f"measures.some_{number}.size"}
        for name in names:
            row |= {name: 1 / (1 + number), f"{name}_low": 0.5 / (1 + number), f"{name}_high": 1.2 / (1 + number)}  # type: ignore[dict-item]
        rows.append(row | ({"threshold": 0.1} if method == "pawn" else {}))
    about = {"blocks": 8, "left_out": 1, "seeds": 3, "noise_of_run": 0.25, "noise_of_mean": 0.08, "reason": reason}
    return pd.DataFrame(rows).assign(**about, confidence=0.95)


@pytest.mark.parametrize("method", ["sobol", "morris", "pawn"])
def test_every_method_has_a_figure_that_says_what_it_rests_on(method: str) -> None:
    few, many = (sensitivity_figure(told(method, number), "compliance") for number in (2, 30))
    assert few.name == "sensitivity-compliance"
    assert few.png.startswith(b"\x89PNG")
    assert sensitivity_figure(told(method, 2), "compliance").svg == few.svg
    assert "measures.some_1.size" in few.alt
    assert "measures.some_25.size" not in many.alt
    assert "20 strongest of 30" in many.caption
    assert "95%" in few.caption
    empty = sensitivity_figure(told(method, 2, "constant: 0 at every point"), "compliance")
    assert empty.alt == "No measures: constant: 0 at every point."
    assert len(empty.svg) < len(few.svg)


def test_latex_has_a_line_a_factor_and_escapes_names() -> None:
    text = sensitivity_latex(told("sobol", 2))
    assert text.count(r"\texttt{measures.some\_") == 2
    assert r"$S_T$ & 95\% interval" in text
    assert r"\multicolumn{5}{l}{none: constant: 0 at every point}" in sensitivity_latex(
        told("sobol", 2, "constant: 0 at every point")
    )
