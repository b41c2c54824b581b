"""Columns of a frame as floats: whatever type holds them, numbers only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pkstats.errors import BadModel, suggestion
from pkstats.text import cut

# Of longer names, and in wider frames, near matches are not looked for.
NEAR, WIDE = 200, 5000
# What pandas infers of a column of objects that holds numbers and nothing else.
NUMBERS = ("integer", "floating", "mixed-integer-float", "boolean", "decimal", "empty")


def framed(data: object) -> pd.DataFrame:
    """Return a DataFrame, or the frame of a panel.

    Raises
    ------
    BadModel
        When the data are neither.
    """
    frame = data if isinstance(data, pd.DataFrame) else getattr(data, "frame", None)
    if not isinstance(frame, pd.DataFrame):
        raise BadModel(
            f"data must be a pandas DataFrame or a panel; found {type(data).__name__}. "
            "pd.DataFrame(data) makes one of arrays and dictionaries."
        )
    return frame


def column(frame: pd.DataFrame, name: str, what: str = "the data") -> pd.Series:
    """Return one column under numpy's own types.

    Raises
    ------
    BadModel
        When there is none of that name, or several.
    """
    return plain(as_given(frame, name, what))


def as_given(frame: pd.DataFrame, name: str, what: str = "the data") -> pd.Series:
    """Return one column with the type it has, in which missing may be neither true nor false.

    Raises
    ------
    BadModel
        When there is none of that name, or several.
    """
    if not isinstance(name, str):
        raise BadModel(f"A column is named by text; found {type(name).__name__}.")
    if name not in frame:
        if any(str(one) == name for one in frame):
            raise BadModel(
                f"The column {cut(name)!r} is not called by text but by a number or the like. Rename the "
                "columns first: data.columns = data.columns.map(str)."
            )
        # Long names and wide frames have no near matches worth the time.
        near = (
            suggestion(name, map(str, frame))
            if len(name) <= NEAR and frame.shape[1] <= WIDE
            else ""
        )
        raise BadModel(f"There is no column {cut(name)!r} in {what}.{cut(near, 300)}")
    values = frame[name]
    if isinstance(values, pd.DataFrame):
        raise BadModel(f"{values.shape[1]} columns are called {cut(name)!r}; rename all but one.")
    return values


def plain(values: pd.Series) -> pd.Series:
    """Return a column under numpy's own types: nullable, Arrow's and odd floats become usual ones.

    Whole numbers with gaps become floats, Arrow's text becomes objects; what is neither number, truth
    value nor text stays as it is.
    """
    kind = values.dtype
    if isinstance(kind, np.dtype):
        odd = kind.kind == "f" and kind.itemsize not in (4, 8)
        return values.astype("float64") if odd else values
    if isinstance(kind, pd.CategoricalDtype):
        return values
    missing = values.isna().to_numpy()
    if pd.api.types.is_bool_dtype(kind) or pd.api.types.is_numeric_dtype(kind):
        wanted = {"b": "bool", "i": "int64", "u": "uint64"}.get(_letter(kind), "float64")
        if missing.any() or wanted == "float64":
            array = values.to_numpy(dtype="float64", na_value=np.nan)
        else:
            array = values.to_numpy(dtype=wanted)
        return pd.Series(array, index=values.index, name=values.name)
    if isinstance(kind, pd.ArrowDtype) and pd.api.types.is_string_dtype(kind):
        return values.astype(object).where(~missing, None)
    return values


def _letter(kind: Any) -> str:
    """Return what numpy calls the kind of an extension's numbers."""
    if pd.api.types.is_bool_dtype(kind):
        return "b"
    if pd.api.types.is_unsigned_integer_dtype(kind):
        return "u"
    return "i" if pd.api.types.is_integer_dtype(kind) else "f"


def present(values: pd.Series) -> np.ndarray:
    """Return which values are not missing, shape (n,)."""
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "fiub":
        return ~np.isnan(values.to_numpy(dtype="float64"))
    return values.notna().to_numpy()


def codes(values: pd.Series, sort: bool = False) -> tuple[np.ndarray, pd.Index]:
    """Return each value's code 0 … m−1 (−1 where missing), shape (n,), and the m levels.

    Raises
    ------
    BadModel
        When the column holds lists or the like, which name no level.
    """
    plain = isinstance(values.dtype, np.dtype) and values.dtype.kind in "fiub"
    try:
        found, levels = pd.factorize(values.to_numpy() if plain else values, sort=sort)
    except TypeError:
        raise BadModel(
            f"Column {cut(values.name)!r} holds {_kind(values)}, not categories; use text or numbers."
        ) from None
    return found, pd.Index(levels)


def is_number(values: pd.Series) -> bool:
    """Tell whether a column holds numbers or truth values, under whatever type."""
    if pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        return not pd.api.types.is_complex_dtype(values.dtype)
    return values.dtype == object and pd.api.types.infer_dtype(values, skipna=True) in NUMBERS


def numbers(values: pd.Series, advice: str) -> np.ndarray:
    """Return a column as floats with NaN for missing, shape (n,).

    Raises
    ------
    BadModel
        When it holds anything but numbers and truth values; `advice` says what to do.
    """
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "fiub":
        return values.to_numpy(dtype="float64")
    if not is_number(values):
        raise BadModel(f"Column {cut(values.name)!r} holds {_kind(values)}; {advice}")
    if values.dtype == object:
        try:
            return values.where(values.notna(), np.nan).to_numpy(dtype="float64")
        except (OverflowError, TypeError, ValueError):
            raise BadModel(
                f"Column {cut(values.name)!r} holds numbers that are no floats, such as integers "
                "beyond 1e308. Put them in another unit."
            ) from None
    return values.astype("Float64").to_numpy(dtype="float64", na_value=np.nan)


def _kind(values: pd.Series) -> str:
    if values.dtype == object:
        return f"objects ({pd.api.types.infer_dtype(values, skipna=True)})"
    return str(values.dtype)
