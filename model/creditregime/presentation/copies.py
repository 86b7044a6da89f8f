"""Tables as readers see them and take them along: rows of text, and the same as LaTeX and CSV for a paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

_ESCAPES = {"&": r"\&", "%": r"\%", "_": r"\_", "#": r"\#", "$": r"\$", "−": r"$-$", "–": "--", "{": r"\{", "}": r"\}",
            "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}",
            "<": r"\textless{}", ">": r"\textgreater{}", "“": "``", "”": "''", "‘": "`", "’": "'", "…": r"\dots{}",
            "≥": r"$\geq$", "≤": r"$\leq$", "×": r"$\times$", "→": r"$\rightarrow$", "±": r"$\pm$", "²": r"$^2$",
            "³": r"$^3$", "·": r"$\cdot$", "∞": r"$\infty$", "½": r"$\frac{1}{2}$", "°": r"$^\circ$",
            "ⁿ": r"$^n$", "⁻": r"$^-$", "√": r"$\surd$", "≈": r"$\approx$", "∈": r"$\in$"}  # fmt: skip
_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi - pi rho - sigma tau upsilon phi chi psi "
    "omega"
)
_ESCAPES |= {chr(0x3B1 + place): rf"$\{name}$" for place, name in enumerate(_GREEK.split()) if name != "-"}
_ESCAPES |= {"Δ": r"$\Delta$", "Σ": r"$\Sigma$", "Λ": r"$\Lambda$", "Ω": r"$\Omega$", "Φ": r"$\Phi$"}

_NUMBER = re.compile(r"[-+−]?[\d,]*\.?\d+(e[-+]?\d+)?%?|–|")
_LONG = 30
"""Letters beyond which the cells of a column are set in lines."""


class Copy(NamedTuple):
    """A table to take along."""

    latex: str
    csv: str


@dataclass(frozen=True, eq=False)
class Table:
    """A table of text.

    Attributes
    ----------
    name
        Its label in LaTeX.
    caption
        What it shows.
    frame
        Its cells, every one as text; the first column names the rows.
    exact
        What the CSV holds, where numbers are known at full precision.
    """

    name: str
    caption: str
    frame: pd.DataFrame
    exact: pd.DataFrame | None = None

    @property
    def numeric(self) -> list[str]:
        """Names of the columns that hold numbers alone; the first one names the rows, whatever it holds."""
        columns = self.frame.iloc[:, 1:]
        return [str(name) for name in columns if all(_NUMBER.fullmatch(str(cell)) for cell in columns[name])]

    def rows(self) -> Iterator[list[tuple[str, str]]]:
        """Yield the rows as pairs of column and cell."""
        for row in self.frame.itertuples(index=False, name=None):
            yield [(str(name), str(cell)) for name, cell in zip(self.frame.columns, row, strict=True)]

    def copy(self) -> Copy:
        """Return the table as LaTeX and CSV."""
        exact = self.frame if self.exact is None else self.exact
        return Copy(latex_table(self), exact.to_csv(index=False, lineterminator="\n"))


def latex_table(table: Table) -> str:
    """Return a table as LaTeX (package ``booktabs``), caption and label included; long texts are set in lines."""
    frame, numeric = table.frame, table.numeric
    longest = [max([len(str(name)), *frame[name].astype(str).str.len()]) for name in frame]
    wide = [length > _LONG for length in longest]
    rest = 0.92 - sum(0.011 * (length + 2) for length, is_wide in zip(longest, wide, strict=True) if not is_wide)
    share = max(rest, 0.3) / max(sum(wide), 1)
    kinds = [
        rf"p{{{share:.2f}\linewidth}}" if is_wide else "r" if name in numeric else "l"
        for name, is_wide in zip(frame, wide, strict=True)
    ]
    lines = [
        r"\begin{table}",
        r"\centering\small",
        rf"\caption{{{escape(table.caption)}}}",
        rf"\label{{tab:{table.name}}}",
        rf"\begin{{tabular}}{{{''.join(kinds)}}}",
        r"\toprule",
        _line(map(str, frame.columns)),
        r"\midrule",
        *(_line(cell for _, cell in row) for row in table.rows()),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join([*lines, ""])


def escape(text: str) -> str:
    """Return text that LaTeX prints as it is."""
    return "".join(_ESCAPES.get(letter, letter) for letter in text)


def _line(cells: Iterable[str]) -> str:
    line = " & ".join(map(escape, cells))
    guard = "{}" if line.startswith(("[", "*")) else ""  # else it would be an argument of the line break before it
    return rf"{guard}{line} \\"
