"""Samples of a multiverse: queries pick rows as pandas would, and never run code."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pkstats as pk
from pkstats.errors import BadModel
from pkstats.multiverse import reload
from pkstats.multiverse.queries import columns, select


def data(rows: int = 60) -> pd.DataFrame:
    draw = np.random.default_rng(5)
    frame = pd.DataFrame(draw.normal(size=(rows, 3)), columns=["y", "t", "x"])
    frame["a b"] = draw.normal(size=rows)
    frame["year"] = 1990 + np.arange(rows) % 30
    frame["region"] = draw.choice(["Africa", "Asia"], rows)
    frame["kind"] = frame["region"].astype("category")
    frame["late"] = frame["year"] > 2005
    frame["gap"] = frame["x"].where(frame["x"] > -0.5)
    frame["whole"] = frame["gap"].round().astype("Int64")
    frame["month"] = pd.period_range("2001-01", periods=rows, freq="M")
    return frame


QUERIES = [
    "year >= 2000",
    "1995 < year <= 2010",
    "region == 'Africa' and x > 0 or not (t < 0.5)",
    "(x > 0) & ~(t > 0) | late",
    "region in ['Asia'] and year not in (1990, 1991)",
    "kind != 'Asia'",
    "`a b` + x * 2 - 1 > -t / 3",
    "year % 2 == 0 and year // 10 == 199",
    "gap.notna() and abs(x) > 0.2",
    "gap == gap",
    "gap.isna() or x.between(-1, 1)",
    "region.isin(['Africa'])",
    "late",
    "not late",
    "whole > 0",
    "not (whole > 0)",
    "month >= '2003-05'",
    "year >= 2000 & x > 0",
    "region == 'Africa' | year < 1995 & x > 0",
    "region != 'A|b & c' & x > 0",
    "gap.notnull() & not x.isnull() & t > 0",
]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_picks_the_rows_that_pandas_picks(query):
    frame = data()
    expected = frame.query(query, engine="python")
    assert 0 < len(expected) < len(frame)
    pd.testing.assert_frame_equal(select(frame, "some", query), expected)


@given(st.sampled_from(QUERIES), st.sampled_from(QUERIES))
def test_queries_joined_by_and_pick_what_both_pick(one, two):
    frame = data()
    both = frame.index.intersection(select(frame, "s", one).index)
    both = both.intersection(select(frame, "s", two).index)
    if len(both):
        assert list(select(frame, "s", f"({one}) and ({two})").index) == list(both)


@pytest.mark.parametrize(
    "query",
    [
        "@pd.io.common.os.system('touch {path}') == 0",
        "@__import__('os').system('touch {path}')",
        "__import__('os').system('touch {path}')",
        "x.to_csv('{path}')",
        "y > 0 and x.to_csv('{path}') == 1",
        "x.abs().to_pickle('{path}')",
        "`a b`.to_csv('{path}')",
        "region == '`' + x.to_csv('{path}') + '`'",
        "[x.to_csv('{path}') for i in [1]]",
        "(lambda: x.to_csv('{path}'))()",
        "x.isin(x.to_csv('{path}'))",
    ],
)
def test_a_query_never_runs_code(tmp_path, query):
    path = tmp_path / "ran"
    with pytest.raises(BadModel, match=r"query|no column"):
        pk.multiverse(data(), "y", "t", ["x"], {"s": query.format(path=path)})
    assert not path.exists()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("yaer > 2000", "no column 'yaer'.*year"),
        ("year >", "cannot be read"),
        ("", "cannot be read"),
        (5, "cannot be read"),
        ("year > 2050", "has no rows"),
        ("x", "comparison is expected"),
        ("x + 1", "comparison is expected"),
        ("True", "comparison is expected"),
        ("year > 'Africa'", "query"),
        ("year is 2000", "cannot use"),
        ("region.str.contains('A')", "cannot use"),
        ("region in 'Africa'", "query"),
    ],
)
def test_what_is_no_query_is_refused_with_what_to_write(query, message):
    with pytest.raises(BadModel, match=message):
        pk.multiverse(data(), "y", "t", ["x"], {"s": query})


def test_the_columns_of_a_query_are_known_without_data():
    assert columns("`a b` > 0 and year in [1] and not x.isna()") == ["a b", "year", "x"]


def test_refits_and_hashes_follow_the_rows_of_a_query(tmp_path):
    frame, path = data(), tmp_path / "m.parquet"
    m = pk.multiverse(frame, "y", "t", ["x"], {"late": "late and year < 2015"}, save=path)
    assert m.estimate(1).nobs == m.frame["n"].iloc[1] == (frame["late"] & (frame.year < 2015)).sum()
    with pytest.raises(pk.errors.UnreadableFile, match="other data"):
        reload(path, frame.assign(late=~frame["late"]))


def test_a_function_is_no_column_that_a_sample_needs():
    assert columns("abs(x) > 0.2 and y.abs() < 1") == ["x", "y"]
    m = pk.multiverse(data(), "y", "t", ["x"], {"far": "abs(x) > 0.2"}, progress=False)
    assert m.size == 2


@pytest.mark.parametrize(
    "query",
    [
        "'%999999999d' % 5 == region",
        "[1] * 800000000 == x",
        "'a' * 800000000 == region",
        "region * 800000000 == 'Africa'",
        "kind + kind == 'Africa'",
        "region + 'x' == 'Africa'",
        "x + [1] > 0",
        "[x, y] == [y, x]",
        "year == [1990, 1991]",
        "month + 1 > '2001-01'",
        "-region == 'a'",
        "abs(region) == 'a'",
        "abs([1]) > x",
        "x in [x, y]",
        "x.isin(5)",
        "x.isin([y])",
        "x.between(1)",
        "x.between([1], 2)",
        "x.isna(1)",
        "year == '2000'",
        "year in ['2000']",
        "region != 3",
        "region in [1, 2]",
        "month == 'spring'",
        "not " * 5000 + "late",
        "-" * 5000 + "x > 0",
        "(" * 5000 + "x > 0" + ")" * 5000,
        "x" + " + x" * 5000 + " > 0",
        "x > 0" + " and x > 0" * 20_000,
        "`" * 50_000,
        "9" * 5000 + " > x",
        "1e308 * 10 ** 5 > x",
        "x > 1j",
        "x > b'a'",
        "x > ...",
        "x > None",
        "{1: 2} == x",
        "f'{x}' == region",
    ],
)
def test_what_could_take_memory_or_mean_nothing_is_refused(query):
    with pytest.raises(BadModel, match=r"query|column") as caught:
        select(data(), "s", query)
    assert len(str(caught.value)) < 1500


def test_the_name_of_a_sample_is_cut_in_messages():
    with pytest.raises(BadModel) as caught:
        select(data(), "s" * 100_000, "year > 2050")
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("month == '2001-03'", [2]),
        ("month != '2001-03' and month < '2001-05'", [0, 1, 3]),
        ("month in ['2001-02', '2001-04']", [1, 3]),
        ("month.between('2001-02', '2001-03')", [1, 2]),
    ],
)
def test_months_are_compared_as_months(query, rows):
    assert list(select(data(), "s", query).index) == rows


def test_whole_numbers_never_wrap_around():
    frame = pd.DataFrame({"a": [3_000_000_000, 1]})
    assert list(select(frame, "s", "a * a * a > 10000000000").index) == [0]
