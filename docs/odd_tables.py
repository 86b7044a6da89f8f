"""The tables of the ODD+D description, each made from what the code declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import odd_code
import yaml
from described import (
    allowed,
    by_page,
    code,
    first_line,
    is_figure,
    small_run,
    source,
    standing,
    table,
    unit,
    value,
)
from pydantic.fields import FieldInfo

from creditregime import Scenario
from creditregime.codes import Attribution, Event, ExitCause, Lever, Origin, Payer, Severity, Standing
from creditregime.component import Settings, details
from creditregime.indicators.meanings import general, meaning, meanings
from creditregime.laboratory.outcomes import OUTCOMES
from creditregime.network import Network
from creditregime.population.columns import columns
from creditregime.presets import groups
from creditregime.state import Events, Firms, Records, Regulators
from creditregime.validation import oracles
from creditregime.validation.oracles import SECTIONS
from creditregime.world import World

PARTS = Path(__file__).parent / "odd_parts"
STATE = {"Firms": Firms, "Regulators": Regulators, "Records": Records, "Events": Events}
DOCUMENTED = {"Network": Network, "World": World}
CODES = {c.__name__: c for c in (Severity, Origin, Standing, Lever, Event, ExitCause, Attribution, Payer)}
SERVES = {
    "Territories.open": "pilots",
    "Territories.record": "registry",
    "Territories.update_lists": "lists",
    "Catalogue.act": "measures",
    "Series.measure_conduct": "indicators",
    "Series.measure": "indicators",
}
"""The places of the scenario for which other objects than their rules act."""
NO_BREAK = "\u00a0"
"""A space at which no line is broken."""
AXES = {"N": "firm", "L": "link", "S": "sector", "SS": "sector, sector"}


# State variables


def state(name: str) -> str:
    """Return the columns of one of the tables of arrays."""
    rows = [
        (f"`{column}`", str(has["dtype"]), dash(has["unit"]), dash(", ".join(has["per"])), code(has["meaning"]))
        for column, has in STATE[name].dictionary().items()
    ]
    return table(("Variable", "Type", "Unit", "One value per", "Meaning"), rows)


def dash(text: str) -> str:
    """Return a cell of a table, with a dash where it would be empty."""
    return "–" if text in ("", "-") else text


def documented(name: str) -> str:
    """Return the arrays of a class that documents its attributes."""
    rows = [(f"`{a.name}`", a.shape, code(a.meaning).rstrip(".")) for a in odd_code.attributes(DOCUMENTED[name])]
    return table(("Variable", "Shape and type", "Meaning"), rows)


def economy(_: str = "") -> str:
    """Return the arrays with which an economy enters a run."""
    rows = [
        (
            f"`{c.name}`",
            str(c.metadata["dtype"]),
            dash(c.metadata["unit"]),
            AXES[c.metadata["axes"]],
            c.metadata["meaning"],
        )
        for c in columns()
    ]
    return table(("Datum", "Type", "Unit", "One value per", "Meaning"), rows)


def codes(name: str) -> str:
    """Return the members of an enumeration."""
    remarks = odd_code.remarks(CODES[name])
    members = [f"{member.value} {_word(member.name)}" for member in CODES[name]]
    if any(remarks.values()):
        rows = [(str(m.value), _word(m.name), remarks.get(m.name, "")) for m in CODES[name]]
        return table(("Code", name, "Unit of its size" if name == "Lever" else "Details"), rows)
    return f"*{first_line(CODES[name]).rstrip('.')}*: {', '.join(members)}."


def _word(name: str) -> str:
    return name.lower().replace("_", " ")


# The month


def stages(_: str = "") -> str:
    """Return the stages of the specification, and the places in the scenario that belong to each."""
    names = re.findall(r"(?m)^### (\d+)\. (.+)$", (PARTS.parent / "model.md").read_text(encoding="utf-8"))
    held: dict[str, list[str]] = {}
    for place in by_page():
        held.setdefault(_stage(place), []).append(f"{_link(place)} ({_what(place)})")
    return "\n".join(f"{number}. **{name}**: {', '.join(held.get(number, []))}." for number, name in names)


def schedule(_: str = "") -> str:
    """Return everything that a month consists of, in the order in which a run does it."""
    head = ("", "In `CreditRegime`", "Call", "Rules of", "What happens", "Stage and subject")
    rows = []
    for number, call in enumerate(odd_code.month(), 1):
        named = f"`{call.place or call.owner}.{call.name}`"
        place = call.place or SERVES.get(f"{call.owner}.{call.name}", "")
        local = call.local or call.owner == "Territories"
        whose = "each territory" if local else "the nation" if place else "–"
        about = ": ".join(filter(None, (_stage(place), _what(place))))
        rows.append((str(number), f"`{call.stage}`", named, whose, _plain(call.meaning), dash(about)))
    return table(head, rows)


def _plain(meaning: str) -> str:
    """Return what a function does, without what it says of its arguments and of the shapes of arrays."""
    without = re.sub(
        r",? \([A-Z](?:, ?[A-Z])*,?\)(?: (money))?", lambda found: ", in money" if found[1] else "", meaning
    )
    return code(re.sub(r"; `\w+` .*$", ".", re.sub(r"^Return ", "Work out ", without)))


def _stage(place: str) -> str:
    """Return the number of the stage to which a key at the top of the scenario belongs."""
    found = re.match(r"stage (\d+)", Scenario.model_fields[place].description or "") if place else None
    return found[1] if found else ""


def _what(place: str) -> str:
    return re.sub(r"^stage \d+: ", "", Scenario.model_fields[place].description or "") if place else ""


def _link(place: str) -> str:
    return f"[`{place}`](#odd-{place.replace('_', '-')})"


# Random numbers, indicators, patterns, presets


def streams(_: str = "") -> str:
    """Return the named random streams."""
    said = _texts("streams")
    found = odd_code.streams()
    _refuse_stale("docs/odd_parts/streams.yaml", said, {stream.purpose for stream in found})
    rows = [(f"`{s.purpose}`", said.get(s.purpose, "–"), f"`{s.module}`") for s in found]
    return table(("Stream", "What it decides", "Drawn in"), rows)


def indicators(name: str) -> str:
    """Return the indicators of one of the tables of a run (`indicators`, `topics`, `groups`)."""
    labels = {o.name: (o.unit, o.label) for o in OUTCOMES}
    every = {general(column) for kept in small_run().values() for column in kept}
    _refuse_stale("model/creditregime/indicators/meanings.yaml", meanings(), every)
    rows = {}
    for column in small_run()[name]:
        said = meaning(column, name) or labels.get(column) or ("–", "–")
        rows[general(column)] = (f"`{general(column)}`", *said)
    return table(("Indicator", "Unit", "Meaning"), [*rows.values()])


def outcomes(_: str = "") -> str:
    """Return what a run is summed up by."""
    rows = [(f"`{o.name}`", o.label, o.unit, o.describe_how()) for o in OUTCOMES]
    return table(("Outcome", "Meaning", "Unit", "Aggregation"), rows)


def patterns(section: str) -> str:
    """Return what the validation suite compares the model with: one of its sections, or all but that of patterns."""
    shipped = [o for o in oracles().values() if o.check.__module__.startswith("creditregime.")]
    chosen = [o for o in shipped if (o.section == section if section else o.section != "patterns")]
    if not chosen:
        return "The validation suite holds none of them yet."
    rows = [(f"`{o.name}`", SECTIONS[o.section], code(o.statement), o.source) for o in chosen]
    return table(("Check", "Section", "Statement", "Source"), rows)


def presets(group: str) -> str:
    """Return the presets of a group, by name."""
    return ", ".join(f"`{option}`" for option in groups()[group])


def _texts(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((PARTS / f"{name}.yaml").read_text(encoding="utf-8"))
    return found


def _refuse_stale(name: str, texts: Mapping[str, Any], known: set[str]) -> None:
    if stale := sorted(set(texts) - known):
        raise ValueError(f"{name} tells of what is not there: {', '.join(stale)}")


# Parameters


def parameters(fields: Mapping[str, FieldInfo]) -> str:
    """Return a table of parameters: unit, default, what is allowed, meaning, source and standing."""
    head = ("Parameter", "Unit", "Default", "Allowed", "Meaning", "Source and standing")
    rows = [
        (f"`{name}`", unit(f) or "–", value(f), _bounds(f), code(str(f.description or "–")), _grounds(f))
        for name, f in fields.items()
    ]
    return f"{{.parameters}}\n{table(head, rows)}"


def scenario(_: str = "") -> str:
    """Return the scenario's own parameters, those that belong to no rule."""
    return parameters({name: f for name, f in Scenario.model_fields.items() if "unit" in details(f)})


def _bounds(field: FieldInfo) -> str:
    if field.annotation is bool:
        return "`true`, `false`"
    lengths = [getattr(bound, "max_length", None) for bound in field.metadata]
    longest = [f"at most {length}" for length in lengths if length is not None]
    text = " and ".join(filter(None, (allowed(field), *longest)))
    return re.sub(r"(?<=[≥≤<>]) ", NO_BREAK, text) or "–"


def _grounds(field: FieldInfo) -> str:
    """Return source and standing; a figure without a source is an assumption, and so is any other default."""
    default = field.get_default(call_default_factory=True)
    silent = field.is_required() or default in (None, "", {}, ()) or isinstance(default, Settings)
    grounds = source(field) or ("–" if silent and not is_figure(field) else "assumption")
    return f"{grounds} (*{standing(field)}*)" if standing(field) else grounds
