"""What a check may know beyond the estimate: the data, the treatment, who is who."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from pkstats.errors import BadModel, suggestion
from pkstats.models import Estimate, parse
from pkstats.panel import Panel
from pkstats.panel.origin import Origin, origins
from pkstats.text import cut
from pkstats.units import UNITS, key

ORDER = ("before", "entry", "during", "after")


@dataclass(frozen=True)
class Context:
    """What the checks may use. All of it is optional; a check that lacks something is listed.

    Attributes
    ----------
    data : DataFrame or Panel, optional
        What the model was fitted on, all N rows.
    treatment : str, optional
        The term whose coefficient is the claim.
    family : str
        Column with the families of missions (or another unit that is truly independent).
    unit : str or sequence of str, optional
        Unit of analysis or the key columns that should identify a row.
    counterfactual : DataFrame or array, shape (m, k), optional
        Rows of the design (without the constant) to predict for; by default a 0/1 treatment is
        switched in every row.
    timing, roles : mapping of column to str
        When a column is fixed (before, entry, during, after) and what it is read as. A panel knows
        both of the columns that `add` and `derive` made; of your own columns nothing is assumed.
    subject, starts : str, optional
        For cox: columns with the subject and with the time the treatment began.
    exit : str
        Column that tells how (or when) a mission ended.
    failure : float
        Which value of the outcome is a failure.
    """

    data: pd.DataFrame | Panel | None = None
    treatment: str | None = None
    family: str = "family"
    unit: str | Sequence[str] | None = None
    counterfactual: pd.DataFrame | np.ndarray | None = None
    timing: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    subject: str | None = None
    starts: str | None = None
    exit: str = "exit"
    failure: float = 0.0
    estimate: Estimate = field(repr=False, kw_only=True)

    @cached_property
    def frame(self) -> pd.DataFrame | None:
        """The complete rows of the data, in the estimate's order."""
        return None if self.all_rows is None else self.all_rows.iloc[self.estimate.rows.places]

    @cached_property
    def all_rows(self) -> pd.DataFrame | None:
        """All N rows the model was given."""
        return self.data.frame if isinstance(self.data, Panel) else self.data

    @cached_property
    def table(self) -> pd.DataFrame:
        """The estimate's coefficients, by term."""
        return self.estimate.tidy().set_index("term")

    @cached_property
    def terms(self) -> list[str]:
        """Terms with a column of their own in the design, without the constant."""
        names = [name for name in self.estimate.rows.names if name != "Intercept"]
        return [name for name in names if name in self.table.index]

    @cached_property
    def columns(self) -> list[str]:
        """Columns of the data on the right-hand side of the formula."""
        return parse("~" + self.estimate.formula.partition("~")[2]).columns

    @cached_property
    def independent(self) -> tuple[str, np.ndarray] | None:
        """Name and codes of the groups that count as independent: clusters, else families."""
        clusters = self.estimate.rows.clusters
        if clusters is not None:
            return (self.estimate.cluster, clusters) if clusters.ndim == 1 else None
        if self.frame is not None:
            for name in (self.family, "mission_id"):
                if name in self.frame and self.frame[name].notna().all():
                    return name, pd.factorize(self.frame[name])[0]
        return None

    @cached_property
    def labels(self) -> list[str]:
        """Names of the independent groups, by code."""
        assert self.independent is not None
        name, codes = self.independent
        if self.frame is not None and name in self.frame:
            return [str(value) for value in pd.factorize(self.frame[name])[1]]
        return [f"{name} no. {code + 1}" for code in range(int(codes.max()) + 1)]

    @cached_property
    def origins(self) -> dict[str, Origin]:
        """What the panels that the estimate and the checks were given know of their columns."""
        return {**origins(self.estimate.data), **origins(self.data)}

    def column(self, term: str) -> np.ndarray:
        """Return a term's column of the design, shape (n,)."""
        return self.estimate.rows.design[:, self.estimate.rows.names.index(term)]

    def is_binary(self, term: str) -> bool:
        """Tell whether a term is 0 or 1 in every row."""
        return bool(np.isin(self.column(term), (0, 1)).all())

    def timing_of(self, column: str) -> str:
        """Return when a column is fixed relative to deployment; empty when nobody says."""
        return self.timing.get(column, self._origin(column).timing)

    def role_of(self, column: str) -> str:
        """Return what a column is read as; empty when nobody says."""
        return self.roles.get(column, self._origin(column).role)

    def tables_of(self, column: str) -> set[str]:
        """Return the processed tables a column rests on; none where nobody says."""
        return set(self._origin(column).tables)

    def _origin(self, column: str) -> Origin:
        return self.origins.get(column, Origin())


def check_timing(timing: object) -> None:
    """Raise BadModel unless it tells for columns when they are fixed."""
    told = timing.values() if isinstance(timing, Mapping) else [timing]
    wrong = [value for value in told if value not in ORDER]
    if wrong:
        raise BadModel(
            f"timing= tells when columns are fixed, {{'gdp': 'before'}}: {', '.join(ORDER)}; found "
            f"{cut(repr(wrong[0]))}."
        )


def context_of(estimate: Estimate, given: Mapping[str, Any]) -> Context:
    """Return the context after checking names and sizes.

    Raises
    ------
    BadModel
        For an unknown keyword or term, or data that are not those the model was fitted on.
    """
    known = [item.name for item in fields(Context) if item.name != "estimate"]
    for name in given:
        if name not in known:
            raise BadModel(
                f"check takes {', '.join(known)}; found {name!r}.{suggestion(name, known)}"
            )
    context = Context(**given, estimate=estimate)
    if isinstance(context.unit, str):
        unit = key(context.unit) if context.unit in UNITS else (context.unit,)
        context = Context(**{**given, "unit": unit}, estimate=estimate)
    check_timing(context.timing)
    if context.all_rows is not None and len(context.all_rows) != len(estimate.rows.kept):
        raise BadModel(
            f"data= must be the {len(estimate.rows.kept):,} rows the model was fitted on; "
            f"found {len(context.all_rows):,}."
        )
    if context.treatment is not None and context.treatment not in context.terms:
        raise BadModel(
            f"treatment= must be a term: {', '.join(context.terms)}; found {context.treatment!r}."
            f"{suggestion(context.treatment, context.terms)}"
        )
    asked = [context.subject, context.starts, *(context.unit or ())]
    for column in (name for name in asked if name is not None):
        if context.all_rows is not None and column not in context.all_rows:
            raise BadModel(
                f"There is no column {column!r} in the data.{suggestion(column, context.all_rows)}"
            )
    return context
