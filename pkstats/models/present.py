"""How estimates look: plain text of 80 columns, notebook tables, side by side, and a plot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from textwrap import fill, wrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pkstats.errors import BadModel
from pkstats.models.protocol import outcome, split_terms, standard_errors
from pkstats.text import cut, for_html

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pkstats.models.estimate import Estimate

WIDTH = 80
# Lines of coefficients that are printed; of more, levels of categories fold.
MOST_LINES = 30
LEVEL = re.compile(r"\[[^\[\]]*\]")


def heading(estimate: Estimate) -> list[str]:
    """Return the lines above the coefficients: model, rows, clusters, conventions."""
    grouped = f", {estimate.clusters} clusters by {estimate.cluster}" if estimate.clusters else ""
    weighed = f", {estimate.rows.weighing}" if estimate.rows.weighing else ""
    return [
        f"{estimate.family}: {cut(estimate.formula, 400)}",
        f"{estimate.nobs:,} rows{grouped}{weighed}, {estimate.vcov} standard errors, "
        f"{estimate.dropped:,} rows dropped for {estimate.rows.reasons}",
    ]


def as_text(estimate: Estimate) -> str:
    """Return the estimate as text that fits 80 columns."""
    table = estimate.tidy()
    shown = pd.DataFrame(
        {
            "term": [_short(term) for term in table["term"]],
            "estimate": [_number(value) for value in table["estimate"]],
            "std_error": [_number(value) for value in table["std_error"]],
            "p": [f"{value:.3f}" for value in table["p_value"]],
            "low": [_number(value) for value in table["conf_low"]],
            "high": [_number(value) for value in table["conf_high"]],
        }
    )
    lines = shown.to_string(index=False).splitlines()
    body = [one if isinstance(one, str) else lines[one + 1] for one in folded(table["term"])]
    head = [fill(line, WIDTH, subsequent_indent="  ") for line in heading(estimate)]
    notes = [fill(f"! {note}", WIDTH, subsequent_indent="  ") for note in estimate.warnings()]
    return "\n".join([*head, lines[0], *body, *notes])


def folded(terms: Iterable[str]) -> list[int | str]:
    """Return what is shown of many terms: places, and lines that say how many are left out.

    Levels of one category fold into their first three; what is still too long loses its middle.
    """
    names = list(terms)
    if len(names) <= MOST_LINES:
        return list(range(len(names)))
    out: list[int | str] = []
    for factor, group in groupby(range(len(names)), key=lambda place: _factor(names[place])):
        places = list(group)
        if factor and len(places) > 5:
            out += [*places[:3], f"… {len(places) - 3:,} more of {cut(factor, 32)}: see .tidy()"]
        else:
            out += places
    if len(out) > MOST_LINES:
        left, right = MOST_LINES - 6, 5
        out[left:-right] = [f"… {len(out) - left - right:,} lines more: see .tidy()"]
    return out


def _factor(term: str) -> str:
    """Return which category (or interaction) a term is a level of; empty for others."""
    return LEVEL.sub("", term) if term.endswith("]") else ""


def _short(term: str) -> str:
    return term if len(term) <= 32 else f"{term[:31]}…"


def _number(value: float) -> str:
    size = abs(value)
    if not np.isfinite(value) or 1e-3 <= size < 1e5 or size == 0:
        return f"{value:.3f}"
    return f"{value:.4f}" if 1e-4 <= size < 1e-3 else f"{value:.2e}"


def as_html(estimate: Estimate) -> str:
    """Return the estimate as a table like a paper's, for notebooks."""
    head = "<br>".join(for_html(line) for line in heading(estimate))
    table = estimate.tidy()
    cells = [
        f"<tr><td style='text-align:left'>{for_html(cut(row.term))}</td>"
        f"<td>{_number(row.estimate)}{_stars(row.p_value)}</td><td>({_number(row.std_error)})</td>"
        f"<td>[{_number(row.conf_low)}, {_number(row.conf_high)}]</td><td>{row.p_value:.3f}</td></tr>"
        for row in table.itertuples()
    ]
    rows = "".join(
        f"<tr><td colspan=5>{for_html(one)}</td></tr>" if isinstance(one, str) else cells[one]
        for one in folded(table["term"])
    )
    level = f"{estimate.conf_level:.0%}"
    labels = ["term", "estimate", "std. error", f"{level} interval", "p"]
    columns = "".join(f"<th>{label}</th>" for label in labels)
    notes = "".join(f"<li>{for_html(note)}</li>" for note in estimate.warnings())
    return (
        f"<p>{head}</p><table><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table>"
        f"<ul>{notes}</ul>"
    )


def _stars(p_value: float) -> str:
    return (
        ""
        if not np.isfinite(p_value)
        else "*" * int(sum(p_value < bar for bar in (0.05, 0.01, 0.001)))
    )


def table(
    estimates: Sequence[Estimate] | Estimate, names: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return several estimates side by side: estimates over (standard errors), then the figures.

    Parameters
    ----------
    estimates : Estimate or sequence of Estimate
    names : sequence of str, optional
        Column names; by default (1), (2), …

    Returns
    -------
    DataFrame
        Rows are the outcome, then terms in order of appearance, those of a part of a model as `x
        (zero)`, `x (above zero)` or `x (category)`, then rows, clusters, log likelihood, family and
        what standard errors are clustered by. One to three stars stand for p below 0.05, 0.01 and
        0.001.

    Raises
    ------
    BadModel
        Without estimates, or with another number of names.
    """
    if not isinstance(estimates, Sequence):
        estimates = [estimates]
    if not estimates:
        raise BadModel("Expected a list of estimates; found none.")
    for one in estimates:
        if not hasattr(one, "tidy"):
            raise BadModel(f"Expected estimates, as fit returns them; found {type(one).__name__}.")
    heads = list(names) if names is not None else [f"({i + 1})" for i in range(len(estimates))]
    if len(heads) != len(estimates):
        raise BadModel(f"{len(estimates)} estimates need as many names; found {len(heads)}.")
    labels = [_labels(one) for one in estimates]
    terms = list(dict.fromkeys(term for each in labels for term in each))
    columns = {
        head: _column(one, own, terms)
        for head, one, own in zip(heads, estimates, labels, strict=True)
    }
    figures = ["rows", "clusters", "log likelihood", "family", "standard errors"]
    pairs = [label for term in terms for label in (term, f"  s.e. {term}")]
    index = ["outcome", *pairs, *figures]
    out = pd.DataFrame(columns, index=index)
    out.index = [label if not label.startswith("  s.e. ") else "" for label in index]
    return out


def _labels(estimate: Estimate) -> list[str]:
    """Return the terms; parts with opposite meanings are told apart, as pscl's blocks of output are."""
    return [f"{name} ({about})" if about else name for name, about in split_terms(estimate)]


def _column(estimate: Estimate, labels: list[str], terms: list[str]) -> list[str]:
    found = estimate.tidy().set_axis(labels)
    cells = [outcome(estimate)]
    for term in terms:
        if term in found.index:
            row = found.loc[term]
            cells += [
                f"{_number(row['estimate'])}{_stars(row['p_value'])}",
                f"({_number(row['std_error'])})",
            ]
        else:
            cells += ["", ""]
    likelihood = estimate.found.log_likelihood
    return [
        *cells,
        f"{estimate.nobs:,}",
        str(estimate.clusters or ""),
        f"{likelihood:,.1f}",
        estimate.family,
        standard_errors(estimate),
    ]


def coefficient_plot(estimate: Estimate, labels: Mapping[str, str]) -> Axes:
    """Draw point estimates and intervals, first term on top; the constant is left out."""
    import matplotlib.pyplot as plt

    if not isinstance(labels, Mapping):
        raise BadModel(
            f"labels= takes terms and their names, {{'x': 'Rain'}}; found {cut(repr(labels))}."
        )
    shown = estimate.tidy().query("term != 'Intercept'").iloc[::-1]
    _, axes = plt.subplots(figsize=(7, 0.8 + 0.42 * len(shown)), layout="constrained")
    places = np.arange(len(shown))
    axes.hlines(places, shown["conf_low"], shown["conf_high"], color="#0072B2", linewidth=2)
    axes.plot(shown["estimate"], places, "o", color="#0072B2")
    axes.axvline(0, color="#444444", linewidth=1)
    names = [labels.get(term, term) for term in shown["term"]]
    axes.set_yticks(places, ["\n".join(wrap(name, 40)) for name in names])
    axes.set_xlabel(f"coefficient ({estimate.family}), {estimate.conf_level:.0%} intervals")
    axes.set_title("\n".join(heading(estimate)[1:]), fontsize=9, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    return axes
