"""Run the demonstrations of the systems, and write their tables into docs/systems.md."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from creditregime.laboratory.systems import SIZES, Demonstration, Evidence, System, show, systems

PAGE = Path(__file__).resolve().parents[2] / "docs" / "systems.md"
MARKS = {name: (f"<!-- {name}:begin -->", f"<!-- {name}:end -->") for name in ("toggles", "evidence")}


def main() -> None:
    options = _options()
    chosen = [entry for entry in systems() if not options.only or entry.number in options.only]
    with tqdm(total=sum(len(entry.shown) for entry in chosen), unit="demonstration") as bar:
        found = show(chosen, seeds=options.seeds, size=options.size, done=bar.update)
    table = evidence_table(found, options.size)
    if options.print:
        print(table)
        return
    text = PAGE.read_text(encoding="utf-8")
    text = between(text, "toggles", toggle_table(systems()))
    PAGE.write_text(between(text, "evidence", table), encoding="utf-8")
    print(PAGE)


def toggle_table(entries: Sequence[System]) -> str:
    """Return the table of systems and toggles."""
    lines = ["| # | System, after its sources | Named by | Toggle | Standing | Evidence for the standing |"]
    lines += ["|---|---|---|---|---|---|"]
    for entry in entries:
        toggles = ", ".join(f"`{path}`" for path in entry.toggles)
        cells = (entry.number, entry.words, " ".join(entry.named_by), toggles, entry.standing, entry.source or "–")
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def evidence_table(found: Sequence[Evidence], size: str) -> str:
    """Return the table of demonstrations."""
    lines = [
        f"{found[0].seeds} paired seeds; {' '.join(SIZES[size])} unless the scenario says otherwise.",
        "",
        "| # | Scenario | Off | On | Indicator | Off | On | Difference [95% interval] | Claim | Verdict |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join(lines + [_line(item) for item in found] + ["", *_remarks(found)]).rstrip()


def _line(item: Evidence) -> str:
    shown = item.demonstration
    difference = f"{item.effect:+.3g} [{item.low:+.3g}, {item.high:+.3g}]"
    months = f" (months {shown.months[0]}–{shown.months[1]})" if shown.months else ""
    cells = (
        str(item.system),
        _codes(shown.base),
        _codes(shown.without),
        _codes(shown.with_it),
        f"`{shown.indicator}`{months}",
        f"{item.off:.4g}",
        f"{item.on:.4g}",
        difference,
        shown.claim,
        item.verdict,
    )
    return "| " + " | ".join(cells) + " |"


def _codes(overrides: Sequence[str]) -> str:
    return "<br>".join(f"`{text}`" for text in overrides) or "–"


def _remarks(found: Sequence[Evidence]) -> list[str]:
    noted: dict[int, list[Demonstration]] = {}
    for item in found:
        if item.demonstration.remark:
            noted.setdefault(item.system, []).append(item.demonstration)
    return [f"- **{number}.** {' '.join(shown.remark.strip() for shown in list_)}" for number, list_ in noted.items()]


def between(text: str, name: str, content: str) -> str:
    """Return the page with the content between a pair of marks replaced."""
    begin, end = MARKS[name]
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    return f"{head}{begin}\n{content}\n{end}{tail}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=16, metavar="N", help="paired seeds (default: 16)")
    parser.add_argument("--only", type=int, nargs="*", metavar="NUMBER", help="these systems, printed only")
    parser.add_argument("--small", action="store_const", const="small", default="full", dest="size")
    parser.add_argument("--print", action="store_true", help="print the evidence, do not write the page")
    options = parser.parse_args()
    options.print = options.print or bool(options.only) or options.size == "small"
    return options


if __name__ == "__main__":
    main()
