"""`fit` under hostile input: an estimate or a clear error, nothing foreign; bounded and seeded."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

import pkstats as pk
from pkstats.errors import PkstatsError
from pkstats.models.families import FAMILIES

ROWS, CASES = 60, 300
LONGEST = 3000


def base(draw: np.random.Generator) -> pd.DataFrame:
    frame = pd.DataFrame({name: draw.normal(size=ROWS) for name in ("x", "z", "y")})
    frame["g"], frame["k"] = draw.integers(0, 12, ROWS), draw.choice(list("abc"), ROWS)
    frame["b"], frame["n"] = draw.integers(0, 2, ROWS), draw.poisson(2, ROWS)
    frame["o"] = draw.integers(0, 3, ROWS)
    frame["t0"], frame["t"] = draw.uniform(0, 1, ROWS), draw.uniform(1, 5, ROWS)
    frame["e"], frame["w"] = draw.integers(0, 2, ROWS), draw.uniform(0.5, 2, ROWS)
    return frame


def objects_of(values: list[Any], index: pd.Index) -> pd.Series:
    out = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        out[place] = value
    return pd.Series(out, index=index)


def objects(*values: Any) -> Callable:
    def change(series: pd.Series, draw: np.random.Generator) -> pd.Series:
        return objects_of([values[draw.integers(len(values))] for _ in series], series.index)

    return change


def some(value: Any) -> Callable:
    def change(series: pd.Series, draw: np.random.Generator) -> pd.Series:
        changed = draw.random(len(series)) < 0.2
        values = [value if odd else old for odd, old in zip(changed, series, strict=True)]
        return objects_of(values, series.index)

    return change


def typed(kind: str) -> Callable:
    return lambda series, draw: series.astype(kind)


def dates(kind: str) -> Callable:
    def change(series: pd.Series, draw: np.random.Generator) -> pd.Series:
        days = pd.Series(pd.Timestamp("2001-01-01"), index=series.index)
        days += pd.to_timedelta(draw.integers(0, 900, len(series)), unit="D")
        if kind == "period":
            return days.dt.to_period("M")
        if kind == "delta":
            return days - days.min()
        return days.dt.tz_localize("UTC") if kind == "zone" else days

    return change


COLUMNS: list[Callable] = [
    *(typed(kind) for kind in ("float16", "longdouble", "float32", "complex128", "str", "category")),
    *(typed(kind) for kind in ("string", "string[pyarrow]", "Float64", "double[pyarrow]", "object")),
    *(dates(kind) for kind in ("date", "period", "delta", "zone")),
    *(some(value) for value in (np.nan, None, pd.NA, pd.NaT, np.inf, -np.inf, 1e308, 10**400, "x")),
    *(some(value) for value in (b"x", 1 + 2j, [1], (), {}, Decimal("NaN"), Decimal(1), Fraction(1, 3))),
    objects([1, 2], [3]), objects({"a": 1}), objects((1, 2), 3), objects(None), objects(b"a", b"b"),
    objects(float, int), objects(pd.Interval(0, 1), pd.Interval(1, 2)), objects(1, "1", 1.0, True),
    objects(Decimal("1.5"), Decimal(2)), objects(2**70, -(2**70)), objects(np.float16(1), np.nan),
    lambda series, draw: series * np.nan,
    lambda series, draw: series * 0,
    lambda series, draw: series.where(draw.random(len(series)) < 0.05),
    lambda series, draw: pd.Series(pd.Categorical(["a"] * len(series), ["a", "b"]), series.index),
    lambda series, draw: pd.Series(
        pd.Categorical(draw.choice(list("ab"), len(series)), list("abc")), series.index
    ),
    lambda series, draw: pd.cut(series.astype(float), 3),
    lambda series, draw: series.astype(float).round().astype("Int64").mask(series.index % 7 == 0),
    lambda series, draw: pd.Series(draw.integers(0, 2, len(series)), series.index).astype("boolean"),
    lambda series, draw: pd.Series(pd.arrays.SparseArray(np.ones(len(series))), series.index),
    lambda series, draw: pd.Series(draw.integers(0, 255, len(series)).astype("uint8"), series.index),
    lambda series, draw: pd.Series(["é" * 50_000] * len(series), series.index),
    lambda series, draw: pd.Series([f"\\input{{{i % 3}}}<b>" for i in range(len(series))], series.index),
]  # fmt: skip
FRAMES: list[Callable] = [
    lambda frame: frame.iloc[:0],
    lambda frame: frame.iloc[:2],
    lambda frame: frame[[]],
    lambda frame: pd.concat([frame, frame[["x"]]], axis=1),
    lambda frame: pd.concat({"p": frame}, axis=1),
    lambda frame: frame.set_axis(pd.MultiIndex.from_product([frame.columns, [""]]), axis=1),
    lambda frame: frame.set_axis(range(frame.shape[1]), axis=1),
    lambda frame: frame.set_index(["x", "g"], drop=False),
    lambda frame: frame.set_axis([0] * len(frame), axis=0),
    lambda frame: frame.convert_dtypes(),
    lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    lambda frame: frame.T,
    lambda frame: frame["x"],
    lambda frame: frame.to_dict(),
    lambda frame: frame.to_numpy(),
    lambda frame: None,
]
VALUES: list[Any] = [
    None, 1, 0, -1.5, True, "", "x", "g", "k", "nobody", "x\0", "é" * 100_000, b"x", [], ["x"],
    ["g", "g"], ["g", "k"], ["g", "k", "e"], [1], [None], {}, {"x": 1}, (), object(), float, np.nan,
    np.inf, pd.NA, pd.NaT, np.array([1, 2]), np.array("x"), pd.Series([1]), pd.DataFrame(), 10**400,
    "cr1", "classical", "hc3", "CR2", "ml", "observed", "~ x", "~", "breslow", iter(["g"]), range(3),
    [["g"]], ("g",), {"g"}, 1j,
]  # fmt: skip
ARGUMENTS = (
    "formula", "data", "family", "cluster", "vcov", "weights", "freq_weights", "conf_level", "entry",
    "time", "event", "ties", "exposure", "offset", "alpha", "zero", "groups", "method", "information",
)  # fmt: skip
FORMULAS = [
    "{} ~ x", "{} ~ x + z", "{} ~ x*z", "{} ~ C(k)", "{} ~ C(k) + x", "{} ~ C(g):x", "{} ~ log(x)",
    "{} ~ standardize(x)", "{} ~ I(x**2)", "{} ~ 1", "{} ~ 0", "{} ~ C(k, Treatment('b'))", "{} ~ `x`",
    "{} ~ I(x > 0)", "{} ~ C(n)", "{} ~ x:C(k) - 1", "{} ~ sqrt(w)", "{} ~ (x + z)**2", "{} ~ C(k):C(g)",
]  # fmt: skip
OUTCOMES = {
    "ols": "y", "logit": "b", "probit": "b", "firth": "b", "ordered": "o", "multinomial": "k",
    "poisson": "n", "negbin": "n", "zinb": "n", "hurdle": "n", "cox": "", "mixed": "y",
}  # fmt: skip
NEEDS = {"cox": {"time": "t", "event": "e"}, "mixed": {"groups": "g"}}


def case(seed: int) -> tuple[dict[str, Any], str]:
    """Return the arguments of one call, and what is odd about it."""
    draw = np.random.default_rng([14, seed])
    family = list(FAMILIES)[draw.integers(len(FAMILIES))]
    formula = FORMULAS[draw.integers(len(FORMULAS))].format(OUTCOMES[family])
    call: dict[str, Any] = {"formula": formula, "family": family, **NEEDS.get(family, {})}
    for name, column in (("cluster", "g"), ("weights", "w"), ("freq_weights", "o")):
        if draw.random() < 0.25:
            call[name] = column
    frame, said = base(draw), []
    for _ in range(draw.integers(1, 3)):
        kind = draw.integers(3)
        if kind == 0:
            names = [name for name in frame if name in "xzygkbnotew"]
            name, place = names[draw.integers(len(names))], draw.integers(len(COLUMNS))
            said.append(f"column {name}: {place}")
            try:
                frame[name] = COLUMNS[place](frame[name], draw)
            except (TypeError, ValueError, NotImplementedError):
                continue
        elif kind == 1:
            name = ARGUMENTS[draw.integers(len(ARGUMENTS))]
            place = draw.integers(len(VALUES))
            said.append(f"{name}={VALUES[place]!r:.30}")
            call[name] = VALUES[place]
        else:
            place = draw.integers(len(FRAMES))
            said.append(f"frame: {place}")
            call.setdefault("data", FRAMES[place](frame))
    return {"data": frame, **call}, "; ".join(
        [str(call["formula"])[:60], str(call["family"])[:20], *said]
    )


def later(found: Any, data: Any) -> None:
    """Ask a fitted model for more: an answer, or a clear error."""
    for ask in (found.effects, found.predict, lambda: found.predict(data.head(3)), found.warnings):
        try:
            ask()
        except PkstatsError as problem:
            assert len(str(problem)) < LONGEST


def outcome(seed: int) -> tuple[str, str]:
    """Return fitted, refused, or what went wrong, with the case."""
    call, about = case(seed)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            found = pk.fit(**call)
            shown = repr(found) + found._repr_html_() + str(found.glance())
            assert len(found.tidy()) and shown
            later(found, call["data"])
    except PkstatsError as problem:
        return ("refused" if len(str(problem)) < LONGEST else "message too long"), about
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"[:300], about
    return "fitted", about


def test_hostile_input_is_fitted_or_refused_with_a_reason():
    results = [(seed, *outcome(seed)) for seed in range(CASES)]
    wrong = [result for result in results if result[1] not in ("fitted", "refused")]
    assert not wrong
    assert sum(result[1] == "fitted" for result in results) > CASES / 20
