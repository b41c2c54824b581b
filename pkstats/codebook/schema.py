"""From the codebook to types and pandera schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pkstats.codebook.model import Column, Table
from pkstats.errors import BadData

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


def conform(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Return `frame` with exactly the codebook's columns, in its order and types, sorted by key."""
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
        if column.allowed:
            checks.append(pa.Check.isin(list(column.allowed)))
        if column.minimum is not None:
            checks.append(pa.Check.ge(column.minimum))
        if column.maximum is not None:
            checks.append(pa.Check.le(column.maximum))
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
