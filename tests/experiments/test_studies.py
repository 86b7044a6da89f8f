"""The twelve studies: each runs whole at small size, and its page shows what its script writes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from creditregime.laboratory.sweeps import Study, open_sweep
from experiments.findings import Finding, between, by_seed, difference, markdown
from experiments.studies import BEGIN, END, HERE, filled, made, main, names, run

HEADINGS = ("Question", "Design", "Finding", "What would change it", "What the model cannot say", "Run it")


def written(name: str) -> list[Finding]:
    """Return the findings that the script of a study wrote at full size."""
    table = pd.read_csv(HERE / name / "findings.csv")
    return [Finding(*row) for row in table.itertuples(index=False, name=None)]


def test_there_is_a_study_for_each_of_the_twelve_questions() -> None:
    titles = [Study.read(HERE / name / "study.yaml").title for name in names()]
    assert [title.partition(".")[0] for title in titles] == [str(number) for number in range(1, 13)]


@pytest.mark.parametrize("name", names())
def test_a_page_answers_its_question_with_what_the_script_wrote(name: str) -> None:
    page = (HERE / name / "README.md").read_text(encoding="utf-8")
    study = Study.read(HERE / name / "study.yaml")
    assert re.findall(r"^\*\*(.+?)\.\*\*", page, re.MULTILINE) == list(HEADINGS)
    assert page.startswith(f"# {study.title.partition('.')[0]}. {study.question}")
    assert page == filled(page, written(name))
    for file in re.findall(r"\]\((\w+\.png)\)", page):
        assert (HERE / name / file).stat().st_size > 10_000
        assert (HERE / name / file).with_suffix(".svg").exists()


@pytest.mark.parametrize("name", names())
def test_a_study_runs_whole_at_small_size(name: str, tmp_path: Path) -> None:
    result = run(name, tmp_path, small=True, workers=1)
    assert len(result.failures) == 0
    assert len(result.runs) == len(result.points) * result.study.replicates.seeds  # type: ignore[attr-defined]
    pictures, findings = made(name, result)
    assert [finding.text for finding in findings] == [finding.text for finding in written(name)]
    assert np.isfinite([finding.value for finding in findings]).all()
    shown = re.findall(r"\]\((\w+)\.png\)", (HERE / name / "README.md").read_text(encoding="utf-8"))
    assert [picture.name for picture in pictures] == shown


def test_the_driver_writes_figures_and_findings_and_draws_again_from_what_is_stored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["sharing", "--small", "--results", str(tmp_path), "--workers", "1"]
    main(words)
    folder = tmp_path / "sharing-small"
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".png", ".svg", ".csv")}
    assert set(files) == {"levels.png", "levels.svg", "findings.csv"}
    for name in files:
        (folder / name).unlink()
    main([*words, "--only-figures"])
    assert {name: (folder / name).read_bytes() for name in files} == files
    assert "sharing: 12 runs" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["sharin"])
    assert "is no study" in capsys.readouterr().err


def test_a_finding_is_a_paired_difference_averaged_over_what_is_not_named(tmp_path: Path) -> None:
    main(["sharing", "--small", "--results", str(tmp_path), "--workers", "1"])
    result = open_sweep(tmp_path / "sharing-small")
    found = difference(result, "x", "compliance", {"agencies": "together"}, {"agencies": "alone"})
    wide = result.runs.pivot_table(index="seed", columns="agencies", values="compliance")
    assert found.value == pytest.approx((wide["together"] - wide["alone"]).mean())
    assert found.unit == "percentage points"
    assert by_seed(result, "compliance", {"registry.sharing": "siloed", "agencies": "alone"}).index.tolist() == [1, 2]
    series = pd.Series([1.0, 2.0, 4.0], index=[1, 2, 3])
    assert between("y", series, series[[2, 3]] - 1, "-").seeds == 2
    text = markdown([found._replace(value=0.12345, low=-0.1, high=0.35)])
    assert "| x | +0.123 | [−0.100, +0.350] | percentage points |" in text


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(SystemExit, match="markers"):
        filled(f"{BEGIN} but no end", [])
    page = filled(f"a\n{BEGIN}{END}\nb", [Finding("x", 1.0, 0.5, 1.5, "%", 3, False)])
    assert page.startswith(f"a\n{BEGIN}\n\n| What")
    assert page.endswith(f"{END}\nb")
