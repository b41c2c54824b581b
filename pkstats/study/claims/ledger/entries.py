"""The ledger as it stands in TOML: the rule, the data, and the claims with their grids."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from pkstats.errors import UnknownName, UnreadableFile, suggestion
from pkstats.text import cut

LEDGER = Path(__file__).parents[1] / "ledger.toml"
VERDICTS = (
    "supported",
    "partly supported",
    "not supported",
    "contradicted",
    "underpowered",
    "not testable",
)


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule every claim is judged by, fixed before the estimates.

    Attributes
    ----------
    level, power : float
        Of the two-sided test: intervals cover 1 − level; power of the minimum detectable effect.
    supported, opposite_supported : float
        Least share of specifications whose interval lies on the claimed side of zero, and largest
        share on the other side, for *supported*; mirrored for *contradicted*.
    partly, opposite_partly : float
        The same for *partly supported*.
    outcomes_partly : float
        Least share of outcomes supported by themselves that makes a claim partly supported.
    smallest : float
        Smallest association of interest, in standard deviations of the outcome per standard
        deviation of the treatment.
    few_clusters : int
        Below so many clusters the sentence warns of intervals that are too narrow.
    """

    version: int
    date: str
    level: float
    power: float
    supported: float
    opposite_supported: float
    partly: float
    opposite_partly: float
    outcomes_partly: float
    smallest: float
    few_clusters: int

    @property
    def marks(self) -> tuple[float, ...]:
        """Shares that decide a verdict."""
        return self.supported, self.opposite_supported, self.partly, self.opposite_partly


@dataclass(frozen=True, slots=True)
class Dataset:
    """Rows a grid is estimated on: a panel, or one of the library's frames of events.

    A panel begins in `start` and ends with the last year of the table `until`.
    """

    name: str
    unit: str
    cluster: str
    label: str
    start: int | None = None
    until: str = ""
    sponsor: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    add: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """Specifications of a claim on one set of rows.

    Attributes
    ----------
    treatments : mapping of str to int
        Formula term → 1 where the claim expects more of it to go with better outcomes, −1 with
        worse ones.
    """

    claim: str
    number: int
    data: str
    outcomes: tuple[str, ...]
    treatments: dict[str, int]
    always: tuple[str, ...]
    optional: tuple[str, ...]
    one_of: dict[str, tuple[str | None, ...]]
    samples: dict[str, str | None]
    families: dict[str, str]
    fixed_effects: tuple[str | tuple[str, ...] | None, ...]
    exclude: tuple[tuple[str, str], ...]

    @property
    def controls(self) -> dict[str, Any]:
        """The controls as the multiverse takes them."""
        return {
            "always": list(self.always),
            "any": list(self.optional),
            "one of": {name: list(options) for name, options in self.one_of.items()},
        }


@dataclass(frozen=True, slots=True)
class Entry:
    """One claim as written: wording, source, and what would be needed where it cannot be tested."""

    claim: str
    wording: str
    source: str
    rule: Rule
    grids: tuple[Grid, ...] = ()
    note: str = ""
    data_needed: tuple[str, ...] = ()
    facts: tuple[dict[str, str], ...] = ()
    compare: dict[str, str] = field(default_factory=dict)

    @property
    def testable(self) -> bool:
        """Whether the ledger has a grid for it."""
        return bool(self.grids)


@dataclass(frozen=True, eq=False)
class Ledger:
    """A ledger file, read and checked."""

    path: Path
    text: str = field(repr=False)
    rule: Rule
    polarity: dict[str, int]
    data: dict[str, Dataset]
    entries: dict[str, Entry]
    history: tuple[dict[str, Any], ...]


def ledger(path: Path | str | None = None) -> Ledger:
    """Read and check a ledger; the library's own by default.

    Raises
    ------
    UnreadableFile
        When the file is not there or is no TOML.
    BadData, UnknownColumn
        When an entry cannot be: the message names file and line.
    """
    try:
        file = Path(path) if path is not None else LEDGER
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError, TypeError) as problem:
        raise UnreadableFile(
            f"Expected a claims ledger (TOML, UTF-8) at {cut(path, 300)}; it cannot be read "
            f"({cut(problem, 300)})."
        ) from None
    return _parse(file, text)


@lru_cache(maxsize=8)
def _parse(file: Path, text: str) -> Ledger:
    from pkstats.study.claims.ledger.validate import check

    try:
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise UnreadableFile(f"{file} is not valid TOML: {cut(problem, 300)}.") from None
    check(raw, text, file)
    rule = Rule(**{**raw["rule"], "date": str(raw["rule"]["date"])})
    data = {name: _dataset(name, one) for name, one in raw["data"].items()}
    entries = {one["id"]: _entry(one, raw, rule) for one in raw["claim"]}
    history = tuple(raw.get("history", []))
    return Ledger(file, text, rule, dict(raw["outcomes"]), data, entries, history)


def _dataset(name: str, raw: dict[str, Any]) -> Dataset:
    lists = {key: tuple(raw.get(key, ())) for key in ("sponsor", "kind", "add")}
    return Dataset(name=name, **{**raw, **lists})


def _entry(raw: dict[str, Any], whole: dict[str, Any], rule: Rule) -> Entry:
    stricter = {**{name: getattr(rule, name) for name in Rule.__slots__}, **raw.get("rule", {})}
    return Entry(
        claim=raw["id"],
        wording=raw["wording"],
        source=raw["source"],
        rule=Rule(**stricter),
        grids=tuple(
            _grid(raw["id"], number, one, whole)
            for number, one in enumerate(raw.get("grid", []), 1)
        ),
        note=raw.get("note", ""),
        data_needed=tuple(raw.get("data_needed", ())),
        facts=tuple(raw.get("facts", ())),
        compare=dict(raw.get("compare", {})),
    )


def _grid(claim: str, number: int, raw: dict[str, Any], whole: dict[str, Any]) -> Grid:
    treatments = {one["term"]: one["direction"] for one in raw["treatments"]}
    controls = resolved_controls(raw, whole)
    family = raw["family"]
    outcomes = tuple(raw["outcomes"])
    families = family if isinstance(family, dict) else dict.fromkeys(outcomes, family)
    terms = {*treatments, *controls["always"], *controls["any"]}
    terms |= {one for options in controls["one_of"].values() for one in options if one}
    effects = [
        tuple(one) if isinstance(one, list) else (one or None)
        for one in raw.get("fixed_effects", [""])
    ]
    return Grid(
        claim=claim,
        number=number,
        data=raw["data"],
        outcomes=outcomes,
        treatments=treatments,
        always=tuple(controls["always"]),
        optional=tuple(controls["any"]),
        one_of=controls["one_of"],
        samples={name: whole["samples"][name] or None for name in raw.get("samples", ["all"])},
        families={name: families[name] for name in outcomes},
        fixed_effects=tuple(effects),
        exclude=rivals(terms, whole.get("constructs", {})),
    )


def resolved_controls(raw: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """Return a grid's controls: the named set, what it adds (`always`, `also`), minus `never`."""
    base = whole["controls"][raw["controls"]]
    never = {*raw.get("never", ()), *(one["term"] for one in raw.get("treatments", ()))}
    always = [*base.get("always", ()), *raw.get("always", ())]
    optional = [*base.get("any", ()), *raw.get("also", ())]
    one_of = {
        name: tuple(option or None for option in options if option not in never)
        for name, options in base.get("one_of", {}).items()
    }
    return {
        "always": [term for term in dict.fromkeys(always) if term not in never],
        "any": [t for t in dict.fromkeys(optional) if t not in never and t not in always],
        "one_of": {name: options for name, options in one_of.items() if any(options)},
    }


def rivals(terms: set[str], constructs: dict[str, list[str]]) -> tuple[tuple[str, str], ...]:
    """Return pairs of terms that code one construct and never stand together."""
    pairs = []
    for group in constructs.values():
        here = [term for term in group if term in terms]
        pairs += [(one, two) for place, one in enumerate(here) for two in here[place + 1 :]]
    return tuple(pairs)


def entry_of(book: Ledger, name: str) -> Entry:
    """Return one claim.

    Raises
    ------
    UnknownName
        When the ledger has no such claim.
    """
    found = book.entries.get(str(name).strip().upper())
    if found is None:
        raise UnknownName(
            f"The ledger has no claim {cut(repr(name))}.{suggestion(str(name), book.entries)} "
            f"It has: {', '.join(book.entries)}."
        )
    return found
