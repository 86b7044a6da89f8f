"""Writes the pages that repeat what the code and the presets say: reference, presets, data dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dictionary_of_sweeps
import yaml
from described import (
    STANDINGS,
    Place,
    allowed,
    by_page,
    default_kind,
    first_line,
    groups_in,
    is_figure,
    kinds,
    nested,
    places,
    prose,
    small_run,
    source,
    standing,
    table,
    unit,
    value,
    where,
)
from pydantic.fields import FieldInfo

from creditregime import Scenario, load
from creditregime.codes import Attribution, Event, ExitCause, Lever, Origin, Severity, Standing
from creditregime.component import Rule, Settings, details
from creditregime.laboratory.outcomes import OUTCOMES
from creditregime.laboratory.systems import systems_at
from creditregime.paths import config_root
from creditregime.population import schema
from creditregime.presets import groups
from creditregime.state import Events, Firms, Records, Regulators

NOTICE = "% Written by docs/generate.py. Do not edit.\n\n"


def write(folder: Path) -> None:
    """Write every generated page under `folder`."""
    for name, text in pages().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != NOTICE + text:
            path.write_text(NOTICE + text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Return the generated pages by file name."""
    result = {"reference/index.md": reference_index(), "reference/scenario.md": scenario_page()}
    for name, found in by_page().items():
        result[f"reference/{name}.md"] = place_page(name, found)
    own = {"presets.md": presets_page(), "data-dictionary.md": dictionary_page(), "data-columns.md": columns_part()}
    return result | own


# Reference pages


def reference_index() -> str:
    """Return the table of all places, with their rules."""
    rows = []
    for place in places():
        page = "measures" if place.path.startswith("rewards") else place.path.split(".")[0]
        names = ", ".join(f"`{kind}`" for kind in kinds(place.model)) if issubclass(place.model, Rule) else ""
        rows.append((f"[`{place.path}`]({page}.md)", place.description, names))
    listed = "\n".join(by_page())
    return f"""# Reference

Every parameter of every rule, written from the code that reads it. Units, bounds and defaults are those that a run
uses. Under each parameter stand its unit, its default, what is allowed, and its source or *assumption*.

- The keys at the top of a scenario, with seed and length: [scenario](scenario.md).
- **Standing** tells how sure the source is that the real system works as described: {_standings()}.

{table(("Place", "What it decides", "Rules (`kind`)"), rows)}

```{{toctree}}
:hidden:

scenario
{listed}
```
"""


def scenario_page() -> str:
    """Return the page of the scenario's own keys."""
    keys = {name: field for name, field in Scenario.model_fields.items() if "unit" in details(field)}
    return f"""# Scenario

{prose(Scenario)}

A key that holds a rule takes the rule's name (`rating: none`) or a mapping with its `kind` and parameters. The other
keys are these.

{_parameters(keys)}
{"".join(_group("##", name, inner) for name, field in keys.items() for inner in groups_in(field.annotation))}
"""


def place_page(name: str, found: list[Place]) -> str:
    """Return the page of one key at the top of the scenario."""
    if len(found) == 1:
        return f"# {_heading(name)}\n\n{_place(found[0], '##')}"
    first, *rest = found
    held = [place.model for place in rest]
    keys = {key: field for key, field in first.model.model_fields.items() if field.annotation not in held}
    parts = [f"# {_heading(name)}\n\n{prose(first.model)}\n\n{_parameters(keys)}"]
    parts += [f"## {place.path}\n\n{_place(place, '###')}" for place in rest]
    return "\n".join(parts)


def _place(place: Place, level: str) -> str:
    text = f"Scenario key {where(place.path)}: {place.description}.\n\n{prose(place.model)}\n\n{_claims(place.path)}"
    if not issubclass(place.model, Rule):
        return text + _parameters(place.model.model_fields)
    common = {name: field for name, field in place.model.model_fields.items() if name != "kind"}
    default = default_kind(place.path)
    for kind, rule in kinds(place.model).items():
        mark = " (default)" if kind == default else ""
        own = {key: f for key, f in rule.model_fields.items() if key != "kind" and not _inherited(f, common.get(key))}
        text += f"({place.path}.{kind})=\n{level} `{kind}`{mark}\n\n{prose(rule)}\n\n"
        text += _parameters(own)
    if common:
        text += f"{level} Common to all kinds\n\n" + _parameters(common)
    groups = nested([place.model, *kinds(place.model).values()])
    return text + "".join(_group(level, key, inner) for key, inner in groups)


def _group(level: str, key: str, inner: type[Settings]) -> str:
    return f"{level} Within `{key}`\n\n{prose(inner)}\n\n{_parameters(inner.model_fields)}"


def _claims(path: str) -> str:
    """Return which systems of public accounts a key switches, and how sure their sources are."""
    found = [f"{entry.number} {entry.words} (*{entry.standing}*)" for entry in systems_at(path)]
    return f"[Systems](../systems.md) that it switches: {'; '.join(found)}.\n\n" if found else ""


def _inherited(field: FieldInfo, common: FieldInfo | None) -> bool:
    return common is not None and field.default == common.default and field.description == common.description


def _parameters(fields: Mapping[str, FieldInfo]) -> str:
    return "".join(f"`{name}`\n: {_describe(field)}\n\n" for name, field in fields.items()) or "No parameters.\n\n"


def _describe(field: FieldInfo) -> str:
    text = str(field.description or "")
    facts = [unit(field), value(field) if field.is_required() else f"default {value(field)}", allowed(field)]
    facts.append(f"source: {source(field)}" if source(field) else "assumption" if is_figure(field) else "")
    facts.append(f"standing: {standing(field)}" if standing(field) else "")
    facts = [fact for fact in facts if fact]
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".") + f"\\\n  [{' · '.join(facts)}]{{.facts}}"


def _heading(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _standings() -> str:
    return "; ".join(STANDINGS.values())


# Presets


def presets_page() -> str:
    """Return the page of presets: what each says about itself, and what it changes."""
    parts = [
        """# Presets

A preset is a YAML file in `configs/`, one folder a group. `creditregime run regime=tax_2014` chooses one on the command
line, `load(regime="tax_2014")` in Python. Each names its source, and which of its figures are assumptions. Under
*Changed keys* stands everything that a scenario with this preset says and the [defaults](reference/index.md) do not.
"""
    ]
    reference = stated(load(regime="none"))
    for group, options in groups().items():
        parts.append(f"## {group}\n")
        for option in options:
            regime = {} if group in WHOLE else {"regime": "none"}
            scenario = load(**{**regime, group: option})
            parts.append(_preset(group, option, scenario, {} if group == "population" else reference))
    return "\n".join(parts)


WHOLE = ("regime", "validation")
"""Groups whose presets say under which regime they stand, and where it is from."""


def _preset(group: str, option: str, scenario: Scenario, reference: dict[str, Any]) -> str:
    text = (config_root() / group / f"{option}.yaml").read_text(encoding="utf-8")
    comment = [line[1:].strip() for line in text.splitlines() if line.startswith("#") and "@package" not in line]
    head = {key: getattr(scenario, key) if group in WHOLE else "" for key in ("title", "source", "assumptions")}
    changed = {key: value for key, value in stated(scenario).items() if key not in head and value != reference.get(key)}
    named = f": {head['title']}" if head["title"] else ""
    lines = [f"### `{group}={option}`{named}\n", " ".join(comment) + "\n"]
    lines += [f"{key.capitalize()}\n: {_sentence(head[key])}\n" for key in ("source", "assumptions") if head[key]]
    if not changed:
        return "\n".join([*lines, "It changes nothing: it is what the defaults say.\n"])
    block = yaml.dump(changed, Dumper=_Compact, sort_keys=False, allow_unicode=True, width=120)
    return "\n".join([*lines, f"Changed keys:\n\n```yaml\n{block}```\n"])


def stated(settings: Settings) -> dict[str, Any]:
    """Return the parameters that differ from their defaults, and the kinds of the rules that hold them."""
    result: dict[str, Any] = {}
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if name == "kind":
            result[name] = value
        elif field.is_required() or value != field.get_default(call_default_factory=True):
            result[name] = _stated(value)
    return result


def _stated(value: Any) -> Any:
    if isinstance(value, Settings):
        return stated(value)
    if isinstance(value, Mapping):
        return {key: _stated(item) for key, item in value.items()}
    return [_stated(item) for item in value] if isinstance(value, tuple) else value


def _sentence(text: str) -> str:
    plain = " ".join(text.split())
    return plain[:1].upper() + plain[1:] + ("" if plain.endswith(".") else ".")


class _Compact(yaml.SafeDumper):
    """Writes mappings of plain values on one line where they fit."""


def _represent(dumper: _Compact, value: dict[str, Any]) -> Any:
    flat = not any(isinstance(item, dict) for item in value.values())
    fits = len(str(value)) < 110
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=flat and fits)


_Compact.add_representer(dict, _represent)
_Compact.add_representer(list, lambda dumper, value: dumper.represent_sequence("tag:yaml.org,2002:seq", value, True))


# Schema of population tables


def columns_part() -> str:
    """Return the tables of columns that docs/data-schema.md includes."""
    head = ("Column", "Type", "Unit", "If missing", "Allowed", "Meaning")
    parts = []
    for title, declared in schema.TABLES.values():
        cells = [(f"`{row[0]}`" if row[0].isidentifier() else row[0], *row[1:]) for row in schema.rows(declared)]
        parts.append(f"### {title}\n\n{table(head, cells)}\n")
    return "\n".join(parts)


# Data dictionary


TABLES = (
    (Firms, "Firms: one row a place", "`world.firms`. An entrant takes over the row of a firm that left."),
    (Regulators, "Regulators: one row an agency", "`world.regulators`."),
    (Records, "Records: the registry", "`world.records`, append-only; `records.parquet` has it with names."),
    (Events, "Events: the log", "`world.events`, append-only; the material of `firm.story()`."),
)


def dictionary_page() -> str:
    """Return the tables of the state, the codes, and the files of a result folder."""
    parts = [
        """# Data dictionary

Columns of the tables that a run keeps, as declared in the code. Money is counted in months of the average firm's
initial revenue. Months are counted from 0 in memory and from 1 in the files of a result folder. A column *per* topic,
file, list, lever or severity has that dimension first: `effort` has the shape (topics, firms).
"""
    ]
    for declared, title, kept in TABLES:
        rows = [
            (f"`{name}`", str(has["dtype"]), has["unit"], ", ".join(has["per"]) or "–", has["meaning"])
            for name, has in declared.dictionary().items()
        ]
        parts.append(f"## {title}\n\n{kept}\n\n{table(('Column', 'Type', 'Unit', 'Per', 'Meaning'), rows)}\n")
    parts.append("## Codes\n\nNumbers in the tables above, and the names that files use.\n")
    for code in (Severity, Origin, Standing, Event, ExitCause, Attribution, Lever):
        members = ", ".join(f"{member.value} `{member.name.lower()}`" for member in code)
        parts.append(f"{code.__name__}\n: {first_line(code)} {members}.\n")
    return "\n".join([*parts, _result_folder(), dictionary_of_sweeps.sweep_folder(), dictionary_of_sweeps.indicators()])


FILES = {
    "scenario.yaml": "the resolved scenario, every parameter stated; `--scenario` takes it",
    "provenance.json": "version, commit, packages, machine, seed, start and duration",
    "indicators.parquet": "one row a month: indicators of the economy",
    "topics.parquet": "one row a month and topic",
    "groups.parquet": "one row a measured month, dimension (sector, region, ownership, size) and group of firms",
    "firms.parquet": "one row a place, as the run left it, with counts over the whole run",
    "records.parquet": "one row a record of the registry",
    "links.parquet": "one row a supply link",
    "events.parquet": "one row an event: what happened to whom",
    "exits.parquet": "one row an exit: when, why, and what brought it about",
    "economy.npz": "who existed, where a graph, a file or the memory gave it",
    "figures/": "figures as PNG and SVG",
    "report.html": "the report: one file, readable without a network",
}
COMPARISON_FILES = {
    "scenario.yaml, against.yaml": "the two resolved scenarios",
    "provenance.json": "as for a run, with the number of seeds",
    "effects.parquet, effects.csv": "one row an outcome: both means, paired effect, 95% interval, variance ratio",
    "effects_by_group.parquet, effects_by_group.csv": "the same by ownership, size class, sector and region",
    "outcomes.parquet, group_outcomes.parquet": "one row a variant and seed (and group), one column an outcome",
    "indicators.parquet": "one row a variant, seed and month",
    "fates.parquet": "one row a seed: firms of the start per 1,000 that leave in one world only, or in both",
    "exits.parquet": "one row an exit of each variant and seed: month, cause, attribution, and what firm it was",
    "twins.parquet": "first seed: one row a firm that leaves in at least one world, with month and cause in each",
    "example/scenario/, example/against/": "everything about the first seed: each is the folder of a run",
    "figures/, report.html": "as for a run",
    "effects.tex": "the table of effects for a paper",
}


ATTRIBUTION_FILES = {
    "scenario.yaml, against.yaml, toggles.yaml": "the two resolved scenarios, and the keys that each toggle switches",
    "provenance.json": "as for a comparison",
    "shares": "one row an outcome and toggle: Shapley value, share, effect alone and as the last one, with intervals",
    "interactions": "one row an outcome and pair of toggles: Shapley interaction index with its interval",
    "effects, effects_by_group": "as for a comparison: of all toggles together",
    "shares_by_group": "the shares by ownership, size class, sector and region",
    "twins": "one row a seed and firm of the start that leaves in at least one world: who, fate, month, cause and"
    " attribution in each, what it lost through each channel in both until the first exit, and the channel",
    "channels": "one row a channel: firms per 1,000 that leave in one world only, with intervals, and counts",
    "losses": "one row a fate and channel: mean losses of those firms where they leave, and in the other world",
    "attributions": "one row an attribution: firms of the start per 1,000 that leave in each world",
    "examples": "of each fate and channel the firm of the median month, with its stories in both worlds",
    "runs, groups, stories": "Parquet alone: one row a combination and seed; the same by group; one row a lone exit and"
    " world",
    "shares.tex, figures/, report.html": "the table of shares for a paper; as for a run",
    "sweep/, pairs/": "the finished runs, where the command goes on: `sweep/` is the folder of a sweep",
}


def _result_folder() -> str:
    outcomes = [(f"`{o.name}`", o.label, o.unit, o.describe_how()) for o in OUTCOMES]
    columns = [(f"`{name}.parquet`", ", ".join(f"`{c}`" for c in table)) for name, table in small_run().items()]
    return f"""## Outcomes

What a run is summed up by. An effect is the difference of an outcome between two paired scenarios.

{table(("Outcome", "Meaning", "Unit", "Aggregation"), outcomes)}

## The folder of a run

`creditregime run` and `creditregime.save` write it whole or not at all. `creditregime rerun FOLDER` computes it again:
the tables will be the same, byte for byte.

{table(("File", "Content"), [(f"`{name}`", text) for name, text in FILES.items()])}

Columns of its tables, for the preset `joint_2016`. Columns named after grades, topics and lists follow the scenario.

{table(("File", "Columns"), columns)}

## The folder of a comparison

{table(("File", "Content"), [(f"`{name}`", text) for name, text in COMPARISON_FILES.items()])}

## The folder of an attribution

Tables are there as Parquet and CSV.

{table(("File", "Content"), [(f"`{name}`", text) for name, text in ATTRIBUTION_FILES.items()])}
"""
