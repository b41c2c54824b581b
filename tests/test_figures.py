"""Figures: complete, described, honest about their sources, and the same bytes each time."""

from __future__ import annotations

import importlib
import tomllib
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image
from statsmodels.duration.survfunc import SurvfuncRight

import pkstats as pk
from pkstats.errors import UnknownName
from pkstats.study.gallery import FIGURES, collaboration, draw_all
from pkstats.study.gallery.coverage import known, labels
from pkstats.study.gallery.draw import Entry
from pkstats.study.gallery.peace_survival import product_limit, spells, still_at_peace
from pkstats.study.gallery.shapes import half, rings, robinson, size
from pkstats.study.gallery.types import by_year
from pkstats.study.gallery.worldmap import _shades, hosts_today, present
from pkstats.style.theme import COLOURS, TYPES, few_colours, theme
from pkstats.tables.coverage import as_of

drawing = importlib.import_module("pkstats.study.gallery.draw")


# The pages of cases have one layout: one stands for all. Comparisons have no axes (tests/test_compare.py).
DRAWN = [
    name for name in FIGURES if name == "case_mali" or not name.startswith(("case_", "compare_"))
]


@pytest.fixture
def stamps(monkeypatch, tmp_path):
    """Keep the note of what was drawn out of the checkout."""
    monkeypatch.setattr(drawing, "_stamp", lambda folder: tmp_path / f"{folder.name}.json")


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_has_content_units_sources_and_a_date(name):
    import matplotlib.pyplot as plt

    with theme():
        figure = FIGURES[name].draw()
        words = " ".join(" ".join(text.get_text() for text in figure.texts).split())
        assert "Source" in words and as_of() in words
        assert FIGURES[name].title in words
        for axes in figure.axes:
            assert axes.has_data() or axes.get_label() == "<colorbar>"
        labels = [axes.get_ylabel() + axes.get_xlabel() for axes in figure.axes]
        labels += [
            str(axes.get_legend().get_title().get_text())
            for axes in figure.axes
            if axes.get_legend()
        ]
        assert any(labels)
        plt.close(figure)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_described_for_those_who_cannot_see_it(name):
    assert 100 < len(FIGURES[name].alt) < 600
    assert FIGURES[name].alt.endswith(".")


@pytest.mark.slow
def test_drawing_alone_and_in_two_processes_gives_the_same_small_files(stamps, tmp_path):
    # Curves of claims differ in their numbers alone: one stands for all.
    names = [name for name in DRAWN if not name.startswith("claim_") or name == "claim_n1"]
    one = draw_all(tmp_path / "one", names)
    two = draw_all(tmp_path / "two", names, processes=2)
    assert len(one) == 2 * len(names) + 2
    for first, second in zip(one, two, strict=True):
        assert first.read_bytes() == second.read_bytes(), first.name
        limit = 200_000 if first.suffix == ".png" else 600_000
        assert first.stat().st_size < limit, first.name
    texts = tomllib.loads((tmp_path / "one" / "alt.toml").read_text(encoding="utf-8"))
    assert list(texts) == list(FIGURES)
    assert all(set(text) == {"title", "alt"} for text in texts.values())


def test_a_vector_file_carries_its_title_and_description_as_text(stamps, monkeypatch, tmp_path):
    import matplotlib.pyplot as plt

    title, alt = "Peace & war < 1950", 'What "peace" is: a line > 0.'
    entry = Entry(lambda: plt.figure(figsize=(1, 1)), title, alt, "tasks")
    monkeypatch.setattr(drawing, "FIGURES", {"dot": entry})
    draw_all(tmp_path)
    root = ElementTree.parse(tmp_path / "dot.svg").getroot()
    assert root.get("role") == "img"
    assert [child.text for child in root[:2]] == [title, alt]
    assert [child.tag.rpartition("}")[2] for child in root[:2]] == ["title", "desc"]


def test_a_figure_is_drawn_again_only_when_it_is_not_what_it_was(stamps, monkeypatch, tmp_path):
    drawn = []

    def draw():
        import matplotlib.pyplot as plt

        drawn.append(1)
        return plt.figure(figsize=(1, 1))

    monkeypatch.setattr(drawing, "FIGURES", {"dot": Entry(draw, "Dot", "A dot.", "tasks")})
    folder = tmp_path / "out"
    paths = draw_all(folder)
    assert draw_all(folder) == paths and len(drawn) == 1
    paths[0].write_text("somebody's edit")
    draw_all(folder)
    assert len(drawn) == 2
    draw_all(folder, force=True)
    assert len(drawn) == 3
    monkeypatch.setattr(drawing, "_shared", lambda: "other tables")
    draw_all(folder, only=["dot"])
    assert len(drawn) == 4


def test_a_figure_asked_for_is_drawn_where_the_reader_looks():
    import matplotlib
    import matplotlib.pyplot as plt

    before = matplotlib.get_backend()
    matplotlib.use("svg")
    try:
        drawn = pk.figure("types")
        assert type(drawn.canvas).__name__ == "FigureCanvasSVG"
        assert plt.fignum_exists(drawn.number)
        plt.close(drawn)
    finally:
        matplotlib.use(before)


def test_an_unknown_figure_gets_a_suggestion(stamps, tmp_path):
    with pytest.raises(UnknownName, match="violence"):
        draw_all(tmp_path, only=["violense"])


def test_types_have_colours_of_their_own():
    assert len(set(TYPES.values())) == len(TYPES)


@settings(deadline=None, max_examples=20)
@given(some.sampled_from(["#FFFFFF", *COLOURS.values()]), some.integers(1, 30))
def test_a_colour_of_few_pixels_is_kept_in_a_palette(code, pixels):
    many = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype="uint8")
    wanted = tuple(int(code[place : place + 2], 16) for place in (1, 3, 5))
    many[0, :pixels] = wanted
    few = few_colours(Image.fromarray(many))
    assert few.mode == "P"
    assert few.convert("RGB").getpixel((0, 0)) == wanted


def test_the_first_models_say_what_they_are(tmp_path):
    from pkstats.study.gallery.coefficients import numbers

    text = numbers()
    assert "association, not effect" in text
    assert "clusters only" in text
    assert "small sample" in text


def test_every_mission_of_today_is_on_the_map():
    missions = pk.missions()
    today = missions[(missions["exit"] == "ongoing") & (missions["kind"] == "peacekeeping")]
    frame = present()
    assert set(frame["mission_id"]) == set(today["mission_id"])
    assert frame["longitude"].between(-180, 180).all() and frame["latitude"].between(-90, 90).all()


def test_hosts_of_today_have_a_shape():
    hosts = pk.load("hosts")
    assert set(hosts.loc[hosts["to"].isna(), "state"]) <= hosts_today()


def test_no_label_of_the_map_covers_another():
    import matplotlib.pyplot as plt

    with theme():
        figure = FIGURES["map"].draw()
        figure.canvas.draw()
        boxes = [text.get_window_extent() for axes in figure.axes for text in axes.texts]
        overlaps = [
            (one, other)
            for place, one in enumerate(boxes)
            for other in boxes[:place]
            if one.overlaps(other)
        ]
        plt.close(figure)
    assert len(boxes) == len(present()) and not overlaps


@given(some.floats(-180, 180), some.floats(-90, 90))
def test_the_projection_is_symmetric_and_bounded(longitude, latitude):
    (x, y), (east, north) = robinson(
        np.array([longitude, -longitude]), np.array([latitude, -latitude])
    )
    assert (x, y) == pytest.approx((-east, -north))
    assert abs(x) <= 0.8487 * np.pi + 1e-12 and abs(y) <= 1.3523


def test_types_add_up_to_the_missions_in_the_field():
    counts, strength = by_year()
    frame = pk.panel("mission-year", 1948, 2025, "UN", "peacekeeping").frame
    assert counts.sum(axis=1).to_dict() == frame.groupby("year").size().to_dict()
    assert 80_000 < strength.loc[2010].sum() < 105_000


def test_every_table_of_the_coverage_has_words_of_its_own():
    assert set(labels()) == set(known().index)
    assert len(set(labels().values())) == len(labels())


def test_coverage_is_a_share_and_empty_where_a_source_stops():
    frame = known()
    assert frame.stack().between(0, 1).all()
    assert frame.loc["authorised", 2016:].sum() == 0 and frame.loc["violence", :1988].sum() == 0
    assert frame.loc["personnel", 2010] == 1


@settings(deadline=None)
@given(
    some.lists(
        some.tuples(some.integers(0, 5), some.integers(1, 9), some.booleans()),
        min_size=8,
        max_size=40,
    )
)
def test_the_product_limit_equals_statsmodels(rows):
    frame = pd.DataFrame(rows, columns=["entry", "wait", "failed"]).astype("float64")
    leave = frame["entry"] + frame["wait"]
    if not frame["failed"].any():
        return
    found = product_limit(frame["entry"].to_numpy(), leave.to_numpy(), frame["failed"].to_numpy())
    peer = SurvfuncRight(leave, frame["failed"], entry=frame["entry"])
    np.testing.assert_allclose(found.index, peer.surv_times)
    np.testing.assert_allclose(found["survival"], peer.surv_prob, atol=1e-12)


def test_waiting_for_peacekeepers_is_not_peace_with_them():
    frame = spells()
    assert (frame["exit"] > frame["entry"]).all()
    later = frame[frame["entry"] > 0]
    assert len(later) and later["protected"].all()
    # Whoever enters late was counted without peacekeepers, unfailed, until then.
    waiting = frame[~frame["protected"] & ~frame["failed"].astype(bool)]
    for years, count in later["entry"].value_counts().items():
        assert (waiting["exit"] == years).sum() >= count


def test_spells_name_their_conflict_so_that_a_cox_model_can_cluster():
    frame = spells()
    assert not frame.duplicated(["conflict_id", "year", "protected"]).any()
    found = pk.fit(
        "~ protected", frame, "cox", "conflict_id", entry="entry", time="exit", event="failed"
    )
    assert found.nobs == len(frame) and found.clusters == frame["conflict_id"].nunique()


def test_the_share_still_at_peace_falls_and_stays_in_its_band():
    five, ten = still_at_peace(5), still_at_peace(10)
    assert (ten["survival"] <= five["survival"]).all()
    assert five["survival"].between(five["low"], five["high"]).all()


def test_every_episode_fails_at_most_once():
    ends = pk.load("terminations")
    internal = ends["type_of_conflict"].isin(["intrastate", "internationalised intrastate"])
    ends = ends[internal & ends["state"].notna() & (ends["year"] >= 1989)]
    last = pk.load("conflicts").groupby("conflict_id")["year"].max()
    again = ends["conflict_id"].map(last) > ends["year"]
    frame = spells()
    assert frame["failed"].sum() == again.sum()
    assert (frame["entry"] == 0).sum() >= len(ends)


def test_the_bars_of_the_timeline_are_the_months_of_every_operation():
    from pkstats.study.gallery.timeline import spells as bars

    found = bars()
    months = (found["last"] - found["first"]).map(lambda gap: gap.n) + 1
    panel = pk.panel("mission-month", 1948, 2025, "UN", "peacekeeping").frame
    assert set(found["mission_id"]) == set(panel["mission_id"])
    assert months.sum() == len(panel)
    began = found.drop_duplicates("mission_id")["first"]
    assert began.is_monotonic_increasing


def test_collaboration_counts_every_operation_and_draws_nothing_for_few():
    tables = collaboration.by_year()
    years = pk.panel("mission-year", 1989, 2025, "UN", "peacekeeping").frame
    assert tables["asked"].sum(axis=1).equals(years.groupby("year").size().astype("int64"))
    for name in ("practised", "aid"):
        values = tables[name].drop(columns="n")
        few = tables[name]["n"].fillna(0) < collaboration.FEWEST
        assert few.any() and values[few].isna().all(axis=None)
        assert values[~few].notna().all(axis=None)
    assert tables["practised"].dropna().drop(columns="n").max(axis=None) <= 1
    assert (tables["aid"][0.25].dropna() <= tables["aid"][0.75].dropna()).all()


def test_western_sahara_is_a_territory_of_its_own_and_morocco_ends_at_its_border():
    number, parts = rings()["W. Sahara"]
    assert number is None
    assert min(ring[:, 1].min() for ring in rings()["Morocco"][1]) >= 27.66
    west = [ring for ring in parts if ring[:, 0].min() < -14 and ring[:, 1].max() > 26]
    assert sum(map(size, west)) > 10
    shades = _shades()
    assert "W. Sahara" in shades and 600 not in shades


def test_a_ring_is_cut_along_a_parallel():
    square = np.array([[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]], dtype="float64")
    south, north = half(square, 0.5, True), half(square, 0.5, False)
    assert size(south) == pytest.approx(1) and size(north) == pytest.approx(3)
    assert (south[0] == south[-1]).all() and not len(half(square, -1, True))
