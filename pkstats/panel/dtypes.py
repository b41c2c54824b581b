"""A user's table in the types of pkstats' own, whatever it was read with."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from numbers import Integral, Real

import numpy as np
import pandas as pd

from pkstats.errors import UnitMismatch


def plain(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a user's table in the types of pkstats' own, whatever it was read with.

    Numbers of any kind (Arrow's, nullable, decimals, categories of numbers, objects that hold only
    numbers) become floats or nullable integers, truth values flags, text text, times times; what is
    neither stays as it is and is never averaged.
    """
    return pd.DataFrame(
        {column: _plain(frame[column], f"{column!r} of {name!r}") for column in frame},
        index=frame.index,
    )


def _plain(values: pd.Series, what: str) -> pd.Series:
    """Return one column in a type of pkstats' own."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        values = values.astype(dtype.categories.dtype if not values.isna().any() else "object")
        dtype = values.dtype
    if isinstance(dtype, pd.ArrowDtype):
        values = values.astype("object").where(values.notna(), None)
        dtype = values.dtype
    if isinstance(dtype, (pd.PeriodDtype, pd.StringDtype)):
        return values
    if pd.api.types.is_complex_dtype(dtype):
        raise UnitMismatch(f"Expected real numbers in {what}; found complex ones.")
    if pd.api.types.is_bool_dtype(dtype):
        return values.astype("boolean")
    if pd.api.types.is_integer_dtype(dtype):
        return values.astype("Int64") if dtype != "uint64" else values.astype("float64")
    if pd.api.types.is_float_dtype(dtype):
        return values.astype("float64" if not hasattr(dtype, "na_value") else "Float64")
    return _objects(values) if pd.api.types.is_object_dtype(dtype) else values


def _objects(values: pd.Series) -> pd.Series:
    """Return a column of objects as flags, numbers, times or text, where all it knows are one kind."""
    known = values[values.notna()]
    kinds = {_kind(one) for one in known}
    if kinds == {"flag"}:
        return values.where(values.notna(), None).astype("boolean")
    if kinds and kinds <= {"whole", "number"}:
        numbers = values.map(float, na_action="ignore").astype("float64")
        whole = kinds == {"whole"} and known.map(abs).max() < 2**53
        return numbers.astype("Int64") if whole else numbers
    if kinds == {"time"}:
        return pd.to_datetime(values, errors="coerce")
    return values


def _kind(value: object) -> str:
    """Return what an object is: flag, whole, number, time, text or other."""
    if isinstance(value, (bool, np.bool_)):
        return "flag"
    if isinstance(value, Integral):
        return "whole"
    if isinstance(value, (Real, Decimal)):
        return "number"
    if isinstance(value, (date, np.datetime64)):
        return "time"
    return "text" if isinstance(value, str) else "other"
