"""`claims` and `claim`: the ledger evaluated, as a whole and one claim in depth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pkstats.checks import check
from pkstats.codebook import cite
from pkstats.errors import BadModel
from pkstats.study.claims.ledger.columns import tables_of
from pkstats.study.claims.ledger.coverage import coverage
from pkstats.study.claims.ledger.entries import Entry, Ledger, entry_of, ledger
from pkstats.study.claims.ledger.estimates import columns_of_grid, run_grid
from pkstats.study.claims.ledger.results import Result, data_mark, result_of
from pkstats.study.claims.ledger.verdict import Tally, influence, nothing, tally
from pkstats.study.claims.ledger.wording import sentence, untestable
from pkstats.study.readable import share, signed
from pkstats.study.words import outcome_words, words
from pkstats.text import for_html

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pkstats.checks.finding import Findings
    from pkstats.models import Estimate
    from pkstats.multiverse import Multiverse

NOT_TESTABLE = "not testable"
COLUMNS = (
    "Outcomes are measures: by_outcome() gives their names, pk.measures() what each stands for. Of "
    "what is tested, each outcome counts alike. "
    "claimed, other: share of specifications whose interval lies on the claimed or on the other side "
    "of zero. association: the median, in standard deviations, above zero on the claimed side. "
    "detectable: the smallest that the typical specification finds with 80% power. clusters: the "
    "fewest independent mission families or states."
)


@dataclass(frozen=True)
class Claim:
    """One claim of the ledger, put to the data: associations, never effects.

    Attributes
    ----------
    definition : Entry
        Wording, source, rule and grids as the ledger has them.
    frame : DataFrame
        Every specification: grid, data, unit and the choices (`outcome`, `treatment`, `controls`,
        `sample`, `family`, `fixed_effects`), the estimate with its interval in the model's own
        units, `effect` in standard deviations with the claimed sign positive, `side` (1 interval on
        the claimed side of zero, −1 on the other, 0 covers zero) and `detectable`, the minimum
        detectable effect. Empty where the claim is not testable.
    """

    definition: Entry
    book: Ledger = field(repr=False)
    result: Result | None = field(repr=False)

    @property
    def id(self) -> str:
        """Id in the ledger."""
        return self.definition.claim

    @property
    def frame(self) -> pd.DataFrame:
        """Every specification, one row each."""
        return self.result.frame if self.result else pd.DataFrame()

    @property
    def verdict(self) -> str:
        """Supported, partly supported, not supported, contradicted, underpowered or not testable."""
        return self.result.judgement.verdict if self.result else NOT_TESTABLE

    @property
    def why(self) -> str:
        """What decided the verdict."""
        return self.result.judgement.why if self.result else "no public data measure it"

    @property
    def sentence(self) -> str:
        """What a reader can quote."""
        if self.result is None:
            return untestable(self.definition)
        found = sentence(self.book, self.definition, self.result.tally, self.result.stability)
        return " ".join([found, *self._compared()])

    def _compared(self) -> list[str]:
        """Say what another claim's grids find on the same rows."""
        compare = self.definition.compare
        if not compare or self.result is None:
            return []
        other = claim(compare["claim"], self.book.path).frame
        cells = pd.MultiIndex.from_tuples(list(self.result.outcomes))
        here = pd.MultiIndex.from_frame(other[["unit", "outcome"]]).isin(cells)
        terms = set(self.frame["treatment"])
        here &= (other["sample"] == compare["sample"]).to_numpy() & other["treatment"].isin(terms)
        found = tally(other[here])
        return [
            f"On the same rows without that control ({compare['claim']}) the interval lies on the "
            f"claimed side in {share(found.claimed)}; the typical association is "
            f"{signed(found.median)} there, {signed(self.result.tally.median)} here."
        ]

    def by_outcome(self) -> pd.DataFrame:
        """Return shares and sizes for each outcome, at each unit of analysis."""
        return self.by("unit", "outcome")

    def by(self, *axes: str) -> pd.DataFrame:
        """Return shares and sizes by any choices, such as `treatment`, `sample` or `family`."""
        if self.result is None:
            return pd.DataFrame()
        groups = self.frame.groupby(list(axes), observed=True, sort=False)
        rows = [
            {
                **dict(zip(axes, key, strict=True)),
                **_numbers(tally(part, self.definition.rule.level)),
            }
            for key, part in groups
        ]
        return pd.DataFrame(rows)

    def influence(self) -> pd.DataFrame:
        """Return the association without each cluster: median, shift, and whether the sign turns."""
        if self.result is None:
            return influence(pd.DataFrame(), float("nan"))
        return influence(self.result.without, self.result.tally.median)

    def coverage(self) -> pd.DataFrame:
        """Return how much is known of each outcome beside each treatment.

        Returns
        -------
        DataFrame
            unit, outcome, treatment, rows with both, share of all rows, first and last year, and
            clusters (independent units) of a kind.
        """
        return coverage(self.book, self.definition, data_mark())

    def multiverse(self, grid: int = 1) -> Multiverse:
        """Return one of the claim's grids as a multiverse, with its own curve, drivers and tests."""
        found = [one for one in self.definition.grids if one.number == grid]
        if not found:
            raise BadModel(
                f"Claim {self.id} has grids 1 to {len(self.definition.grids)}; found {grid!r}."
            )
        return run_grid(self.book, found[0], data_mark())

    def estimate(self) -> Estimate:
        """Return the specification whose association is the median, as an `Estimate`."""
        row = self._middle()
        return self.multiverse(int(row["grid"])).estimate(int(row["specification"]))

    def checks(self) -> Findings:
        """Return what the checks find in the median specification, refitted by `pkstats.fit`."""
        return check(self.estimate(), treatment=str(self._middle()["treatment"]))

    def _middle(self) -> dict[str, Any]:
        if self.result is None or not self.result.tally.estimated:
            raise BadModel(f"Claim {self.id} has no specification to refit: it is {self.verdict}.")
        known = self.frame[self.frame["side"].notna()]
        place = int((known["effect"] - known["effect"].median()).abs().to_numpy().argmin())
        return dict(known.iloc[place])

    def plot(self, grid: int | None = None, **options: Any) -> Figure:
        """Draw the specification curve: of the whole claim, or of one of its grids."""
        if grid is not None:
            return self.multiverse(grid).plot(**options)
        from pkstats.study.claims.plot import curve

        return curve(self, **options)

    @property
    def sources(self) -> tuple[str, ...]:
        """Tables the claim rests on, for `pkstats.cite`; none where it is not testable."""
        used: dict[str, None] = {}
        for grid in self.definition.grids:
            data = self.book.data[grid.data]
            used |= dict.fromkeys(tables_of(data, columns_of_grid(grid, data)))
        return tuple(used)

    def cite(self, style: str = "text") -> str:
        """Return the citations owed for the data."""
        return cite(self, style=style)

    def __repr__(self) -> str:
        lines = [
            f"{self.id}: {self.definition.wording}",
            f"{self.verdict}: {self.why}",
            self.sentence,
        ]
        if self.definition.note:
            lines.append(f"Note: {self.definition.note}")
        if self.result is not None and self.definition.data_needed:
            lines.append(f"Better data: {'; '.join(self.definition.data_needed)}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head, verdict, *rest = (for_html(line) for line in repr(self).splitlines())
        body = "".join(f"<p>{line}</p>" for line in rest)
        by_outcome = self.by_outcome()
        tables = [_shown(by_outcome, self.book.polarity)]
        tested = self.by("treatment")
        if len(tested) > 1:
            tables.append(_shown(tested, self.book.polarity))
        note = "" if by_outcome.empty else f"<p><small>{COLUMNS}</small></p>"
        return f"<p><b>{head}</b><br>{verdict}</p>{body}{''.join(tables)}{note}"


def _shown(table: pd.DataFrame, polarity: Mapping[str, int]) -> str:
    """Return what `by` gives, by outcome or by treatment, as a table narrow enough for a page."""
    if table.empty:
        return ""
    rows = [
        f"{low:,}" if low == high else f"{low:,}–{high:,}"
        for low, high in zip(table["n_min"], table["n_max"], strict=True)
    ]
    names = (
        {
            "outcome": [outcome_words(name, polarity) for name in table["outcome"]],
            "unit": table["unit"],
        }
        if "outcome" in table
        else {"what is tested": table["treatment"].map(words)}
    )
    columns = {
        **names,
        "rows": rows,
        "clusters": table["clusters"],
        "claimed": table["share_claimed"].map(share, na_action="ignore"),
        "other": table["share_opposite"].map(share, na_action="ignore"),
        "association": table["median_estimate"].map(signed, na_action="ignore"),
        "detectable": table["mde"].map("{:.2f}".format, na_action="ignore"),
    }
    return str(pd.DataFrame(columns).to_html(index=False, na_rep="–"))


def _numbers(found: Tally) -> dict[str, Any]:
    return {
        "specifications": found.specifications,
        "n_min": found.n_min,
        "n_max": found.n_max,
        "clusters": found.clusters_min,
        "share_claimed": found.claimed,
        "share_opposite": found.opposite,
        "share_positive": found.positive,
        "share_corrected": found.corrected,
        "median_estimate": found.median,
        "mde": found.detectable,
    }


def claim(name: str, path: str | Path | None = None) -> Claim:
    """Return one claim of the ledger in depth, evaluated.

    Parameters
    ----------
    name : str
        Its id, such as ``"N1"``.
    path : path, optional
        Another ledger than the library's own.

    Returns
    -------
    Claim
        Its `verdict`, `frame` of specifications, `by()` any choices, `plot()` and `cite()`.

    Raises
    ------
    UnknownName
        When the ledger has no such claim.
    BadData, UnknownColumn
        When the ledger cannot be: the message names file and line.
    """
    book = ledger(path)
    entry = entry_of(book, name)
    return Claim(entry, book, result_of(book, entry) if entry.testable else None)


def claims(path: str | Path | None = None, progress: bool | None = None) -> pd.DataFrame:
    """Return the ledger, evaluated: one row per claim.

    Parameters
    ----------
    path : path, optional
        Another ledger than the library's own.
    progress : bool, optional
        A progress bar; by default where there is a screen.

    Returns
    -------
    DataFrame
        claim, wording, verdict, outcomes, treatments, units, specifications, n_min and n_max (rows),
        clusters (fewest), share_claimed and share_opposite (of specifications, by where the interval
        lies), share_positive, share_corrected (after Holm's correction over the outcomes of
        otherwise equal specifications), median_estimate and mde (standard deviations of the
        outcome per standard deviation of the treatment; the mde is
        the minimum detectable effect at 80% power), stable, most_influential (family or state), why
        and the sentence to quote. Shares count each outcome at each unit alike.
    """
    from tqdm import tqdm

    book = ledger(path)
    hide = None if progress is None else not progress
    names = tqdm(book.entries, desc="claims", unit="claim", leave=False, disable=hide)
    return pd.DataFrame([_row(claim(name, path)) for name in names])


def unstandardized(term: str) -> str:
    """Return what a term standardizes; other terms as they are."""
    if not term.startswith("standardize("):
        return term
    return term.removeprefix("standardize(").removesuffix(")")


def _row(one: Claim) -> dict[str, Any]:
    grids = one.definition.grids
    outcomes = dict.fromkeys(name for grid in grids for name in grid.outcomes)
    treatments = dict.fromkeys(unstandardized(term) for grid in grids for term in grid.treatments)
    units = dict.fromkeys(one.book.data[grid.data].unit for grid in grids)
    blank = nothing()
    result = one.result
    return {
        "claim": one.id,
        "wording": one.definition.wording,
        "verdict": one.verdict,
        "outcomes": ", ".join(outcomes),
        "treatments": ", ".join(treatments),
        "units": ", ".join(units),
        **_numbers(result.tally if result else blank),
        "stable": result.stability.stable if result else None,
        "most_influential": result.stability.most_influential if result else "",
        "why": one.why,
        "sentence": one.sentence,
    }
