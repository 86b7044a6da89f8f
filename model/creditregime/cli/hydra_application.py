"""What Hydra users expect: ``python -m creditregime.run [-m] [KEY=VALUE ...]``, with Hydra's own options and launchers.

Hydra expands sweeps, makes folders and launches jobs. What a job runs is what ``creditregime run`` runs with the same
overrides. Left to itself, Hydra would refuse keys that no preset states, and where a rule takes another's place it
would keep the fields of both.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any, NoReturn

import hydra
from hydra._internal import hydra as machinery
from hydra._internal.config_loader_impl import ConfigLoaderImpl, get_overrides_dirname
from hydra._internal.utils import get_args_parser
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from creditregime import plugins
from creditregime.composition import load, parse_override, split_overrides
from creditregime.errors import CreditRegimeError, ScenarioError
from creditregime.laboratory.run import check_strategy, run
from creditregime.laboratory.store import check_folder, save_tables
from creditregime.paths import config_root
from creditregime.presets import groups
from creditregime.scenario import Scenario

NAME = "creditregime_run"
RESULT = "result"
"""Folder of a job's results, beside what Hydra writes: there whole or not at all."""

HELP = f"""creditregime.run simulates a scenario, or with --multirun (-m) one for each combination of values:

  python -m creditregime.run regime=fines_only seed=2
  python -m creditregime.run -m spillover.partner.strength=0,0.2,0.4 'seed=range(30)' hydra/launcher=joblib

Presets (group=option):
{{presets}}
Parameters (key=value) are those of `creditregime run`; `creditregime show` and --cfg job print all of a scenario.
rules=FILE.py, or rules=[A.py,B.py], imports rules of one's own first.
Each job writes its tables to {RESULT}/ in the folder that Hydra gives it (hydra.run.dir, hydra.sweep.dir).
--hydra-help tells Hydra's own options."""

log = logging.getLogger("creditregime.run")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the application; return its exit code, as the ``creditregime`` command does."""
    from creditregime.cli import answered

    words = sys.argv[1:] if argv is None else argv
    return answered(lambda: _start(_sorted(words)), lambda: "finished jobs are kept")


def _sorted(words: Sequence[str]) -> list[str]:
    """Return options first, as Hydra's parser takes overrides on one side of them only; or refuse them in one line."""
    found = sorted(words, key=lambda word: "=" in word and not word.startswith("-"))
    parser = get_args_parser()
    vars(parser)["error"] = _refuse
    read = parser.parse_args(found)
    if sum(map(bool, (read.run, read.multirun, read.cfg, read.info, read.shell_completion))) > 1:
        _refuse("only one of --run, --multirun, --cfg, --info and --shell-completion is possible")
    if read.resolve and not (read.cfg or read.help):
        _refuse("--resolve belongs to --cfg or --help")
    return found


def _refuse(message: str) -> NoReturn:
    raise CreditRegimeError(f"{message}; see: python -m creditregime.run --help")


def _start(words: Sequence[str]) -> None:
    presets = "".join(f"  {group}: {', '.join(options)}\n" for group, options in groups().items())
    own = {
        "job": {"name": "run"},
        "help": {"template": HELP.format(presets=presets)},
        "job_logging": {"loggers": {"MESA": {"level": "WARNING"}}},  # it tells every month
    }
    ConfigStore.instance().store(name=NAME, node={"hydra": own}, provider="creditregime")
    try:
        with _ours(words):
            hydra.main(config_path=str(config_root()), config_name=NAME, version_base="1.3")(job)()
    except (HydraException, OmegaConfBaseException) as error:
        raise ScenarioError(_one_line(error)) from None


@contextmanager
def _ours(words: Sequence[str]) -> Iterator[None]:
    """Let Hydra read these words, compose by `Scenarios`, and leave errors to us: it would tell them in many lines."""

    def first(config_search_path: ConfigSearchPath) -> Scenarios:
        vars(machinery)["ConfigLoaderImpl"] = ConfigLoaderImpl  # presets are composed by Hydra's own
        return Scenarios(config_search_path)

    before, full = sys.argv, os.environ.get("HYDRA_FULL_ERROR")
    sys.argv = ["creditregime.run", *words]
    os.environ["HYDRA_FULL_ERROR"] = "1"
    vars(machinery)["ConfigLoaderImpl"] = first
    try:
        yield
    finally:
        vars(machinery)["ConfigLoaderImpl"] = ConfigLoaderImpl
        sys.argv = before
        os.environ.pop("HYDRA_FULL_ERROR")
        if full is not None:
            os.environ["HYDRA_FULL_ERROR"] = full


def job(config: DictConfig) -> None:
    """Simulate the scenario that was composed, and write its tables."""
    place = HydraConfig.get().runtime
    try:
        with chdir(place.cwd):  # files that a scenario names are where the user is, whatever hydra.job.chdir says
            folder = check_folder(Path(place.output_dir) / RESULT)
            save_tables(run(Scenario.parse(OmegaConf.to_container(config))), folder)
    except CreditRegimeError as error:
        log.error("%s", error)  # in the job's own file: of several jobs that fail, the command names the first
        raise
    log.info("Tables: %s", folder)


class Scenarios(ConfigLoaderImpl):
    """Composes Hydra's own settings as Hydra does, and the scenario as `creditregime.load` does."""

    def load_configuration(
        self,
        config_name: str | None,
        overrides: list[str],
        run_mode: RunMode,
        from_shell: bool = True,
        validate_sweep_overrides: bool = True,
    ) -> DictConfig:
        """Return the configuration of a job, or of Hydra alone where jobs are still to be told apart."""
        parsed = OverridesParser.create().parse_overrides(overrides)
        task = [override for override in parsed if not override.is_hydra_override()]
        if validate_sweep_overrides:
            self.validate_sweep_overrides_legal(parsed, run_mode, from_shell)
        others = [str(override.input_line) for override in parsed if override.is_hydra_override()]
        config = super().load_configuration(config_name, others, run_mode, from_shell, validate_sweep_overrides)
        more = [str(key) for key in config if key != "hydra"]
        if more:
            raise ScenarioError(f"{config_name}: {more[0]} is not allowed: such a file is for Hydra's own settings")
        _note(config, task)
        if run_mode == RunMode.RUN:
            with open_dict(config):
                config.update(_scenario(config, [str(override.input_line) for override in task]))
        return config


def _note(config: DictConfig, task: Sequence[Override]) -> None:
    """Tell Hydra what the user asked for: it names folders and splits sweeps by it."""
    config.hydra.overrides.task.extend([override.input_line for override in task])
    how = config.hydra.job.config.override_dirname
    config.hydra.job.override_dirname = get_overrides_dirname([*task], how.exclude_keys, how.item_sep, how.kv_sep)


def _scenario(config: DictConfig, lines: Sequence[str]) -> dict[str, Any]:
    texts = [line.lstrip("+") for line in lines]  # Hydra's habit for keys that the presets do not state
    for text in texts:
        if _is_rules(text):
            value = parse_override(text)[1]
            for name in value if isinstance(value, list) else [value]:
                plugins.load_rules(str(name))
    kept = [text for text in texts if not _is_rules(text)]
    scenario = load(*kept)
    check_strategy(scenario)
    with open_dict(config.hydra.runtime):
        config.hydra.runtime.choices.update(split_overrides(kept, {})[0])
    return scenario.model_dump(mode="json")


def _is_rules(text: str) -> bool:
    return text.partition("=")[0] == "rules"


def _one_line(error: Exception) -> str:
    text = " ".join(re.split(r"(?i)(?:config )?search path:", str(error) or str(error.__cause__))[0].split())
    if "'hydra/launcher/joblib'" in text:
        text += "; joblib needs an extra: install creditregime[hydra]"
    return text
