"""From the codebook to types and pandera schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pkstats.codebook.model import Column, Table
from pkstats.errors import BadData
from pkstats.units import YEARS

if TYPE_CHECKING:
    import pandas as pd

PANDAS_DTYPES = {
    "string": "str",
    "integer": "Int64",
    "number": "float64",
    "flag": "boolean",
    "date": "datetime64[s]",
    "month": "period[M]",
    "year": "int64",
}


SPANS = (("from", "to"), ("start", "end"), ("start_date", "end_date"))
TIMES = ("date", "month")


def conform(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Return `frame` with exactly the codebook's columns, in its order and types, sorted by key.

    Raises
    ------
    BadData
        When a flag is neither 0 nor 1: pandas would take any other number for true.
    """
    import pandas as pd

    out = pd.DataFrame(index=frame.index)
    for name, column in table.columns.items():
        if name not in frame:
            out[name] = pd.Series(pd.NA, index=frame.index, dtype=_optional(column))
            continue
        values = frame[name]
        dtype = PANDAS_DTYPES[column.dtype]
        if column.dtype == "number":
            out[name] = pd.to_numeric(values).astype("float64")
        elif str(values.dtype) != dtype:
            if column.dtype == "flag" and pd.api.types.is_numeric_dtype(values.dtype):
                odd = values[values.notna() & ~values.isin([0, 1])]
                if len(odd):
                    raise BadData(
                        f"Table {table.name!r}, column {name!r}: expected 0 or 1, found {odd.iloc[0]} "
                        f"({len(odd)} values). Correct them where they come from."
                    )
            out[name] = values.astype(dtype)
        else:
            out[name] = values
    return out.sort_values(list(table.key), kind="stable").reset_index(drop=True)


def _optional(column: Column) -> str:
    return "Int64" if column.dtype == "year" else PANDAS_DTYPES[column.dtype]


def schema(table: Table) -> Any:
    """Return the pandera schema the codebook entry describes."""
    import pandera.pandas as pa

    columns: dict[str, Any] = {}
    for name, column in table.columns.items():
        checks = []
        first, last = YEARS if column.dtype == "year" else (None, None)
        least = first if column.minimum is None else column.minimum
        most = last if column.maximum is None else column.maximum
        if column.allowed:
            checks.append(pa.Check.isin(list(column.allowed)))
        if least is not None:
            checks.append(pa.Check.ge(least))
        if most is not None:
            checks.append(pa.Check.le(most))
        columns[name] = pa.Column(
            PANDAS_DTYPES[column.dtype],
            checks=checks,
            nullable=name not in table.key and not column.required,
        )
    return pa.DataFrameSchema(columns, strict=True, unique=list(table.key), name=table.name)


def validate(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Check `frame` against the codebook.

    Raises
    ------
    BadData
        Naming the table, the columns that fail and the first failing values.
    """
    import pandera.errors

    _check_spans(frame, table)
    try:
        return schema(table).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as problem:
        cases = problem.failure_cases
        lines = [
            f"  {column}: {check}, {len(group)} values, first: "
            f"{', '.join(map(repr, group['failure_case'].head(3)))}"
            for (column, check), group in cases.groupby(["column", "check"], dropna=False)
        ]
        raise BadData(
            f"Table {table.name!r} breaks the rules of its codebook entry:\n" + "\n".join(lines)
        ) from None


def _check_spans(frame: pd.DataFrame, table: Table) -> None:
    """Refuse rows that end before they start."""
    for first, last in SPANS:
        pair = [table.columns.get(name) for name in (first, last)]
        if not all(column is not None and column.dtype in TIMES for column in pair):
            continue
        wrong = (frame[first] > frame[last]).to_numpy(dtype=bool)
        if wrong.any():
            row = frame[wrong].iloc[0]
            owner = ", ".join(str(row[name]) for name in table.key)
            raise BadData(
                f"Table {table.name!r}: expected {last!r} not before {first!r}; found {row[first]} to "
                f"{row[last]} in {int(wrong.sum())} rows, the first for {owner}. "
                "Correct them where they come from."
            )
