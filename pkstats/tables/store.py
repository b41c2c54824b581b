"""Processed tables on disk: Parquet that any program reads, typed again on loading."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from pkstats.codebook.model import Table
from pkstats.codebook.schema import PANDAS_DTYPES
from pkstats.errors import BuildProblem
from pkstats.tables.generations import MEND

if TYPE_CHECKING:
    import pandas as pd

# Where a file says which table it is.
NAME = b"pkstats.table"


def to_parquet(frame: pd.DataFrame, table: Table) -> bytes:
    """Return the table as Parquet bytes, the same for the same rows; months become first days."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays, names = [], []
    for name, column in table.columns.items():
        values = frame[name]
        if column.dtype == "month":
            values = values.dt.to_timestamp().astype("datetime64[s]")
        kind = {
            "string": pa.string(),
            "integer": pa.int64(),
            "year": pa.int64(),
            "number": pa.float64(),
            "flag": pa.bool_(),
            "date": pa.date32(),
            "month": pa.date32(),
        }[column.dtype]
        if column.dtype in ("date", "month"):
            array = pa.array(values, type=pa.timestamp("s"), from_pandas=True).cast(kind)
        else:
            array = pa.array(values, type=kind, from_pandas=True)
        arrays.append(array)
        names.append(name)
    sink = io.BytesIO()
    arrow = pa.table(arrays, names=names).replace_schema_metadata({NAME: table.name})
    pq.write_table(arrow, sink, compression="zstd")
    return sink.getvalue()


def from_parquet(content: bytes, table: Table) -> pd.DataFrame:
    """Return a processed table with the codebook's types.

    Raises
    ------
    BuildProblem
        When the bytes are no Parquet, or those of another table.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    mapper = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}.get
    try:
        arrow = pq.read_table(io.BytesIO(content))
    except (OSError, pa.ArrowException) as problem:
        raise BuildProblem(
            f"The processed table {table.name!r} cannot be read ({problem}). {MEND}"
        ) from None
    name = (arrow.schema.metadata or {}).get(NAME, b"").decode("utf-8", "replace")
    if name != table.name or arrow.column_names != list(table.columns):
        raise BuildProblem(
            f"Expected the processed table {table.name!r} with the columns "
            f"{', '.join(table.columns)}; found the table {name!r} with "
            f"{', '.join(arrow.column_names)}. {MEND}"
        )
    frame = arrow.to_pandas(types_mapper=mapper, date_as_object=False)
    for name, column in table.columns.items():
        if column.dtype == "month":
            frame[name] = frame[name].dt.to_period("M")
        elif column.dtype == "date":
            frame[name] = frame[name].astype("datetime64[s]")
        elif column.dtype == "year":
            frame[name] = frame[name].astype(PANDAS_DTYPES["year"])
    return frame
