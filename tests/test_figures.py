"""Figures: complete, honest about their sources, and the same bytes each time."""

from __future__ import annotations

import pytest

from pkstats.figures import FIGURES, draw_all
from pkstats.figures.theme import TYPES, theme
from pkstats.registry.missions import AS_OF


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_content_units_sources_and_a_date(name):
    import matplotlib.pyplot as plt

    with theme():
        figure = FIGURES[name]()
        words = " ".join(text.get_text() for text in figure.texts)
        assert "Source" in words and AS_OF in words
        for axes in figure.axes:
            assert axes.has_data() or axes.get_label() == "<colorbar>"
        labels = [axes.get_ylabel() + axes.get_xlabel() for axes in figure.axes]
        assert any(labels)
        plt.close(figure)


def test_drawing_twice_gives_the_same_bytes(tmp_path):
    one, two = draw_all(tmp_path / "one"), draw_all(tmp_path / "two")
    assert len(one) == 2 * len(FIGURES) + 1
    for first, second in zip(one, two, strict=True):
        assert first.read_bytes() == second.read_bytes(), first.name


def test_types_have_colours_of_their_own():
    assert len(set(TYPES.values())) == len(TYPES)


def test_the_first_models_say_what_they_are(tmp_path):
    from pkstats.figures.coefficients import numbers

    text = numbers()
    assert "association, not effect" in text
    assert "clusters only" in text
    assert "small sample" in text
