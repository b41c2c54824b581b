"""When what is known ends, as functions of tables: of missions, of spells, of lists with zeros."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkstats.registry.missions import coded

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.codebook.model import Table

REPORTS = "un_contributions"
TIMES = ("month", "year", "from", "start", "date", "begin_date")


def last_report(personnel: pd.DataFrame) -> pd.Period:
    """Return the last month with a UN report of contributions, or the registry's where there is none."""
    import pandas as pd

    months = personnel.loc[personnel["source"] == REPORTS, "month"]
    return months.max() if len(months) else pd.Period(coded()[:7], "M")


def not_before(ends: pd.Series, starts: pd.Series) -> pd.Series:
    """Return the ends; where one lies before its start, the start."""
    return ends.mask((ends < starts).fillna(False), starts)


def last_months(missions: pd.DataFrame, today: pd.Period) -> pd.Series:
    """Return the last month of each mission: of its end or, while it is ongoing, `today`.

    An ongoing mission that began later than `today` has the month in which it began. Missing where
    the end is not known.
    """
    ends = missions["end"].dt.to_period("M")
    ends = ends.mask(missions["exit"] == "ongoing", today)
    return not_before(ends, missions["start"].dt.to_period("M"))


def spell_ends(frame: pd.DataFrame, today: pd.Period) -> pd.Series:
    """Return the last month of spells (`from`, `to`); an open one lasts until `today`."""
    return not_before(frame["to"].fillna(today), frame["from"])


def span(frame: pd.DataFrame) -> tuple[int | None, int | None]:
    """Return first and last year of a table's own time; of spells, the years in which they begin."""
    import pandas as pd

    for column in TIMES:
        if column not in frame or isinstance(frame[column].dtype, pd.StringDtype):
            continue
        found = frame[column].dropna()
        if len(found):
            numbers = pd.api.types.is_numeric_dtype(found.dtype)
            found = found if numbers else found.dt.year
            return int(found.min()), int(found.max())
    return None, None


def complete_years(entry: Table, frame: pd.DataFrame) -> tuple[int, int] | None:
    """Return first and last year in which a list is complete; None where missing rows are no zeros.

    `to` of the codebook's `absent` is a limit that the rows do not show. Without one it is the last
    year of the rows, or the year before where the list grows (`open`), since that last year is not
    over.
    """
    rule = entry.panel.get("absent")
    if rule is None:
        return None
    first = int(rule["from"])
    last = rule.get("to") or (span(frame)[1] or first) - bool(rule.get("open"))
    return first, int(last)
