"""Labels of a source → mission ids, by place and month where the label alone is ambiguous."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from pkstats.errors import near
from pkstats.registry.missions import _missions, normalise, rows

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Rule:
    """One reading of a label; blank source is any, blank place is any, months are inclusive."""

    source: str
    location: str
    start: str
    end: str
    mission_id: str
    reason: str

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """Order rules by how specific they are, most specific first."""
        return (self.source == "*", not self.location, not (self.start or self.end))


@cache
def _rules() -> dict[str, list[Rule]]:
    found: dict[str, list[Rule]] = {}
    for item in _missions().values():
        for label in (item.id, item.name):
            found.setdefault(normalise(label), []).append(Rule("*", "", "", "", item.id, ""))
    for row in rows("aliases"):
        rule = Rule(
            source=row["source"],
            location=normalise(row["location"]),
            start=row["from"],
            end=row["to"],
            mission_id=row["mission_id"],
            reason=row["reason"],
        )
        found.setdefault(normalise(row["label"]), []).append(rule)
    return {label: sorted(rules, key=lambda rule: rule.rank) for label, rules in found.items()}


@cache
def _resolve(label: str, source: str, location: str, month: str) -> tuple[str, str]:
    """Return (mission id, "") or ("", reason)."""
    rules = _rules().get(normalise(label), [])
    place = normalise(location)
    for rule in rules:
        if rule.source not in ("*", source) or (rule.location and rule.location != place):
            continue
        if (rule.start or rule.end) and not month:
            continue
        if (rule.start and month < rule.start) or (rule.end and month > rule.end):
            continue
        return rule.mission_id, "" if rule.mission_id else rule.reason
    if rules:
        return "", f"{label!r} is known, but not for {source}, {location or 'any place'}, {month}"
    matches = near(label, [item.id for item in _missions().values()])
    hint = f"; near: {', '.join(matches)}" if matches else ""
    return "", f"no mission is called {label!r}{hint}"


def resolve_missions(
    labels: pd.Series,
    source: str,
    locations: pd.Series | None = None,
    months: pd.Series | None = None,
) -> pd.DataFrame:
    """Resolve a source's mission labels.

    Parameters
    ----------
    labels : Series of str, shape (n,)
        Labels as published.
    source : str
        The reader's kind, for labels that mean different things in different sources.
    locations : Series of str, shape (n,), optional
        The publisher's place, for labels shared by several missions.
    months : Series of Period[M], shape (n,), optional
        For labels shared by phases.

    Returns
    -------
    DataFrame, shape (n, 2)
        ``mission_id`` (missing where refused) and ``reason`` (missing where resolved).
    """
    import pandas as pd

    frame = pd.DataFrame({"label": labels.astype("str").fillna("")})
    frame["location"] = "" if locations is None else locations.astype("str").fillna("")
    frame["month"] = "" if months is None else months.astype("str").replace("NaT", "").fillna("")
    dated = {label for label in frame["label"].unique() if _dated(label)}
    frame.loc[~frame["label"].isin(dated), "month"] = ""
    codes = frame.groupby(["label", "location", "month"], sort=False).ngroup()
    distinct = frame.assign(code=codes).drop_duplicates("code").sort_values("code")
    found = [
        _resolve(label, source, location, month)
        for label, location, month in zip(
            distinct["label"], distinct["location"], distinct["month"], strict=True
        )
    ]
    answer = pd.DataFrame(found, columns=["mission_id", "reason"], dtype="str").replace("", pd.NA)
    return answer.take(codes.to_numpy()).set_axis(labels.index)


def _dated(label: str) -> bool:
    return any(rule.start or rule.end for rule in _rules().get(normalise(label), []))
