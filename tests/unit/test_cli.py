from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import creditregime
from creditregime import cli
from creditregime.cli import common
from creditregime.composition import load
from creditregime.laboratory.archive import read
from creditregime.laboratory.catalogue import describe, families
from creditregime.laboratory.compare import Comparison
from creditregime.laboratory.outcomes import OUTCOMES
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.store import save_tables
from creditregime.presets import groups

TINY = ["population.firms=40", "months=4"]


@pytest.fixture(autouse=True)
def tables_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Figures and reports are drawn in other tests; and nothing is ever written beside the user."""
    monkeypatch.setattr(common, "saver", lambda: save_tables)
    monkeypatch.chdir(tmp_path)


def only_error(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == 1, captured.err
    assert lines[0].startswith("creditregime: error: ")
    return lines[0].removeprefix("creditregime: error: ")


def test_run_writes_a_folder_and_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", *TINY, "regime=fines_only", "seed=7", "--out", "mine/first"]) == 0
    captured = capsys.readouterr()
    assert f"Results: {tmp_path / 'mine' / 'first'}" in captured.out
    assert "Fines only: 40 firms, 4 months, seed 7" in captured.out
    assert max(map(len, captured.out.splitlines())) <= 100
    result = read(tmp_path / "mine" / "first")
    assert isinstance(result, RunResult)
    assert (result.seed, len(result.firms), len(result.indicators)) == (7, 40, 4)


def test_without_out_a_new_folder_is_made_each_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert cli.main(["run", *TINY, "--quiet"]) == 0
    folders = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert len(set(folders)) == 2
    assert {folder.parent for folder in folders} == {tmp_path / "results"}
    assert all(folder.name.startswith("run-joint-punishment-2016-2019-") for folder in folders)
    assert all((folder / "scenario.yaml").is_file() for folder in folders)


def test_compare_prints_effects_with_intervals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["compare", *TINY, "--seeds", "2", "--workers", "1", "--out", "c", "--against", "regime=none"]
    assert cli.main(words) == 0
    out = capsys.readouterr().out
    assert "95% interval" in out
    assert "Exits by associated sanctions, per 1,000 firms" in out
    assert "2 paired seeds (1 to 2)" in out
    assert max(map(len, out.splitlines())) <= 100
    result = read(tmp_path / "c")
    assert isinstance(result, Comparison)
    assert result.against.rating.kind == "none"
    effect = result.effects().set_index("outcome").loc["compliance"]
    line = next(line for line in out.splitlines() if line.startswith("Compliance effort"))
    left = 100 * effect["variance_ratio"]
    assert f" {left:.{0 if left >= 10 else 1}f}% " in line
    assert "Harm from violations" not in out
    assert cli.main([*words[:-4], "--out", "all", "--all"]) == 0
    every = capsys.readouterr().out
    assert max(map(len, every.splitlines())) <= 100
    lines = every.splitlines()
    labels = [outcome.label for outcome in OUTCOMES]
    assert all(any(shown.startswith(label) for shown in lines) for label in labels)
    assert f"{effect['effect']:+.2f}" in line
    assert f"[{effect['low']:+.2f}, {effect['high']:+.2f}]" in line


def test_overrides_may_stand_on_either_side_of_options(tmp_path: Path) -> None:
    assert cli.main(["run", "months=2", "--quiet", "--out", "r", "population.firms=30"]) == 0
    result = read(tmp_path / "r")
    assert (len(result.indicators), result.scenario.population.firms) == (2, 30)  # type: ignore[attr-defined]


def test_rerun_repeats_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", *TINY, "--quiet", "--out", "one"]) == 0
    assert cli.main(["rerun", "one", "--out", "two"]) == 0
    assert "Results: " in capsys.readouterr().out
    for file in (tmp_path / "one").glob("*.parquet"):
        assert (tmp_path / "two" / file.name).read_bytes() == file.read_bytes()
    assert cli.main(["rerun", "one", "--quiet"]) == 0
    assert len(list((tmp_path / "results").glob("rerun-*"))) == 1


def test_a_scenario_file_is_a_start(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("months: 3\npopulation: {kind: generated, firms: 25}\n", encoding="utf-8")
    assert cli.main(["run", "--scenario", "mine.yaml", "seed=5", "--out", "r", "--quiet"]) == 0
    result = read(tmp_path / "r")
    assert (result.scenario.seed, result.scenario.months, len(result.indicators)) == (5, 3, 3)


def test_show_prints_what_check_accepts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", "regime=tax_2014", *TINY]) == 0
    text = capsys.readouterr().out
    assert yaml.safe_load(text)["months"] == 4
    (tmp_path / "shown.yaml").write_text(text, encoding="utf-8")
    assert cli.main(["check", "--scenario", "shown.yaml"]) == 0
    assert capsys.readouterr().out == f"OK: {load('regime=tax_2014').title}\n"


def test_list_names_everything_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list"]) == 0
    out = capsys.readouterr().out
    for group, options in groups().items():
        assert all(f"{group}={option}" in out for option in options)
    for name, family in families().items():
        assert all(f"{name}.{kind}" in out for kind in family.kinds)
    assert "once_bitten" in out
    assert max(map(len, out.splitlines())) <= 100


def test_every_rule_and_key_can_be_described(capsys: pytest.CaptureFixture[str]) -> None:
    scenario = load()
    for name, family in families().items():
        assert all(f"{name}.{kind}" in describe(name, scenario) for kind in family.kinds)
        for kind, rule in family.kinds.items():
            text = describe(f"{name}.{kind}", scenario)
            assert all(f"\n{key}\n" in text for key in rule.model_fields if key != "kind")
    assert cli.main(["describe", "spillover.partner.strength"]) == 0
    out = capsys.readouterr().out
    assert ">= 0 and <= 10" in out
    assert "default:  0.3" in out
    assert "EU Chamber 2019" in out


GOOD = "months: 2\n"
BAD = [
    (["run", "regime=joint_2061"], "regime: unknown preset 'joint_2061'; did you mean 'joint_2016'?"),
    (["run", "ratng.base=1"], "ratng: unknown key; did you mean 'rating'?"),
    (["run", "rating.bsae=1"], "rating.bsae: unknown key; did you mean 'base'?"),
    (["run", "months=soon"], "months: 'soon' is not allowed"),
    (["run", "months=0"], "months: 0 is not allowed"),
    (["run", "months"], "months: not an override"),
    (["run", "a=1,2"], "a=1,2: not an override of one value"),
    (["run", "seed=-1"], "seed: -1 is not allowed"),
    (["run", "population.firms=0"], "population.firms: 0 is not allowed"),
    (["run", "joint_punishment.agencies=[tax]"], "joint_punishment.agencies: joint punishment needs at least two"),
    (
        ["run", "spillover.partner.reach=recursive", "spillover.partner.strength=1"],
        "does not converge on this network; recursive spillover needs less than 1",
    ),
    (
        ["check", "inspection.kind=quota", "inspection.number=1001"],
        "inspection.number: 1001 inspections a month exceed",
    ),
    (["run", "population.kind=graph", "population.path=loop.graphml"], "self-loops are refused"),
    (["run", "population.kind=stored", "population.path=nowhere.npz"], "population.path: no file 'nowhere.npz'"),
    (["run", "--scenario", "malformed.yaml"], "malformed.yaml: not valid YAML"),
    (["run", "--scenario", "nowhere.yaml"], "nowhere.yaml: cannot be read"),
    (["run", "--scenario", "good.yaml", "regime=none"], "regime: presets cannot be combined with a scenario file"),
    (["run", "--out", "used"], "used: is in use"),
    (["run", "--out", "good.yaml"], "good.yaml: is a file"),
    (["run", "--out", "good.yaml/inside"], "inside: cannot be written"),
    (["compare", "regime=fines_only"], "against: both scenarios are the same"),
    (["compare", "--against", "rating.bsae=1"], "against: rating.bsae: unknown key"),
    (["compare", "--against", "nonsense"], "nonsense: not an override"),
    (["compare", "--seeds", "0"], "argument --seeds: 0 is not allowed"),
    (["compare", "--workers", "many"], "argument --workers: many is not allowed"),
    (["rerun", "used"], "used: not a result folder"),
    (["rerun", "nowhere"], "nowhere: not a result folder"),
    (["rerun"], "the following arguments are required: FOLDER"),
    (["run", "--rules", "nowhere.py"], "nowhere.py: no such file"),
    (["run", "--rules", "no.such.module"], "rules no.such.module: cannot be imported"),
    (["run", "behaviour.kind=per_firm", "behaviour.strategy=onc_bitten"], "did you mean 'once_bitten'?"),
    (["describe", "rating.pionts"], "did you mean 'points'?"),
    (["describe", "months.x"], "allowed: nothing, it is a value"),
    (["run", "--sedes", "3"], "unrecognized argument: --sedes"),
    (["list", "extra"], "unrecognized argument: extra"),
    (["simulate"], "invalid choice: 'simulate'"),
    ([], "the following arguments are required: COMMAND"),
    (["app", "--port", "70000"], "70000 is not allowed: at most 65535"),
    (["app", "--against", "topics=single"], "against: topics: only a regime can be another preset in world B"),
]


@pytest.mark.parametrize(("words", "message"), BAD, ids=[" ".join(words) or "nothing" for words, _ in BAD])
def test_bad_input_gives_one_line_and_code_2_and_writes_nothing(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "good.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "malformed.yaml").write_text("months: [2\n", encoding="utf-8")
    loop = '<graphml><graph edgedefault="directed"><node id="a"/><edge source="a" target="a"/></graph></graphml>'
    (tmp_path / "loop.graphml").write_text(loop, encoding="utf-8")
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    assert cli.main(words) == 2
    assert message in only_error(capsys)
    assert sorted(tmp_path.rglob("*")) == before


WITHOUT_PANEL = """
import importlib.machinery, sys

class Lacking(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, *more):
        return None if name.partition(".")[0] in ("bokeh", "panel") else super().find_spec(name, *more)

sys.meta_path[sys.meta_path.index(importlib.machinery.PathFinder)] = Lacking
from creditregime.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_without_panel_the_app_says_in_one_line_what_to_install() -> None:
    command = [sys.executable, "-c", WITHOUT_PANEL, "app", "--no-browser", "regime=fines_only"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.stderr == (
        "creditregime: error: the classroom needs Panel: pip install 'creditregime[app]' (from a checkout: make app)\n"
    )
    assert (ended.returncode, ended.stdout) == (2, "")


def test_the_folder_is_tried_before_anything_is_simulated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def never(*arguments: object, **more: object) -> None:
        raise AssertionError("simulated before the folder was tried")

    (tmp_path / "file").touch()
    monkeypatch.setattr("creditregime.laboratory.run.simulate", never)
    assert cli.main(["run", "--out", "file"]) == 2
    assert "is a file" in only_error(capsys)


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (KeyboardInterrupt(), 130, "interrupted; nothing was written"),
        (cli.Terminated(), 143, "terminated; nothing was written"),
        (MemoryError(), 2, "not enough memory"),
    ],
)
def test_what_stops_a_run_is_told_in_one_line(
    error: BaseException,
    code: int,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    def stop(*arguments: object, **more: object) -> None:
        raise error

    monkeypatch.setattr("creditregime.laboratory.run.simulate", stop)
    assert cli.main(["run", *TINY]) == code
    assert text in only_error(capsys)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def full(*arguments: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("creditregime.laboratory.store.pq.write_table", full)
    assert cli.main(["run", *TINY, "--quiet", "--out", "deep/er/r"]) == 2
    assert "cannot be written: No space left on device" in only_error(capsys)
    assert not list(tmp_path.iterdir())


def test_help_and_version_leave_with_code_0(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--help"], ["compare", "--help"], ["--version"]):
        with pytest.raises(SystemExit) as left:
            cli.main(words)
        assert left.value.code == 0
    assert capsys.readouterr().out.endswith(f"creditregime {creditregime.__version__}\n")


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m creditregime.cli list | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.startswith("Presets")
    assert done.stderr == ""


def test_to_import_the_package_imports_nothing_slow() -> None:
    program = "import sys, creditregime; print({'mesa', 'pandas', 'numpy', 'hydra'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "set()"


def test_every_public_name_is_there() -> None:
    for name in creditregime.__all__:
        if name != "save":  # needs matplotlib; drawn in the tests of the presentation
            assert getattr(creditregime, name) is not None
    assert set(creditregime.__all__) <= set(dir(creditregime))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        creditregime.nothing  # noqa: B018
