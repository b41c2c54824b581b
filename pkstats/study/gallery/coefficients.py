"""The first models and their coefficients."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt

from pkstats.models import Estimate, fit
from pkstats.panel import panel
from pkstats.study.caption import caption
from pkstats.style.theme import COLOURS, bare
from pkstats.tables.coverage import as_of, years

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "What goes with less violence around UN missions: a first answer"
ALT = (
    "Two panels of point estimates with 95% intervals, one row for each of nine variables: on the"
    " left from a logit of whether deaths fell from one year to the next, on the right from least"
    " squares of how far deaths fell from before a mission to after it. Intervals that leave out "
    "zero are blue, the others grey; most are grey."
)
TERMS = {
    "standardize(strength_per_100k)": "Strength per 100,000 people (1 s.d.)",
    "standardize(shortfall)": "Shortfall (1 s.d.)",
    "standardize(task_count)": "Number of tasks (1 s.d.)",
    "chapter_vii": "Chapter VII",
    "protection_of_civilians": "Protection of civilians",
    "standardize(ngo_engagement)": "Humanitarian and NGO tasks (1 s.d.)",
    "standardize(partner_count)": "Partner organisations (1 s.d.)",
    "log_deaths_before": "Deaths in the year before (log)",
    "log_deaths_at_entry": "Deaths before deployment (log)",
}
COMMON = list(TERMS)[:7]
MEASURES = [term.removeprefix("standardize(").removesuffix(")") for term in COMMON]


@cache
def mission_year_model() -> Estimate:
    """Fit whether deaths fell from one year to the next, over years of UN peacekeeping missions."""
    data = panel("mission-year", 1990, years("violence")[1], "UN", "peacekeeping")
    data = data.derive("violence_abatement", *MEASURES, "log_deaths_before")
    formula = f"violence_abatement ~ {' + '.join(COMMON)} + log_deaths_before"
    return fit(formula, data, family="logit", cluster="family")


@cache
def mission_model() -> Estimate:
    """Fit how far deaths fell from before to after, over UN peacekeeping missions that ended."""
    data = panel("mission", 1991, 2022, "UN", "peacekeeping")
    data = data.derive("violence_reduction", *MEASURES, "log_deaths_at_entry")
    formula = f"violence_reduction ~ {' + '.join(COMMON)} + log_deaths_at_entry"
    return fit(formula, data, family="ols", cluster="family")


def numbers() -> str:
    """Return both models as text: coefficients, conventions, warnings and citations."""
    models = {
        "Did deaths in the host states fall? By mission and year": mission_year_model(),
        "How far did deaths fall from before to after? By mission": mission_model(),
    }
    parts = [f"{title}\n\n{estimate!r}" for title, estimate in models.items()]
    lines = [line for estimate in models.values() for line in estimate.cite().splitlines()]
    sources = "\n".join(f"- {line}" for line in dict.fromkeys(lines))
    heading = "Sources of the tables used. A table is cited whole, also where a model uses some columns only"
    return "\n\n\n".join([*parts, f"{heading}\n\n{sources}", f"As of {as_of()}. pkstats."]) + "\n"


def draw() -> Figure:
    """Return the figure: point estimates with 95% intervals, one panel per model."""
    models = [
        (
            mission_year_model(),
            "By mission and year (logit)",
            "change in the log odds that deaths fell",
        ),
        (
            mission_model(),
            "By mission (least squares)",
            "change in the relative fall in deaths (−1 to 1)",
        ),
    ]
    figure, panels = plt.subplots(1, 2, figsize=(9.6, 5))
    figure.subplots_adjust(left=0.285, right=0.985, top=0.70, bottom=0.19, wspace=0.08)
    order = list(TERMS)[::-1]
    for axes, (estimate, title, label) in zip(panels, models, strict=True):
        _points(axes, estimate, order)
        axes.set_title(
            f"{title}\n{estimate.nobs} rows, {estimate.clusters} families, "
            f"{estimate.dropped} rows left out",
            fontsize=9.5,
        )
        axes.set_xlabel(label)
    panels[0].set_yticks(range(len(order)), [TERMS[term] for term in order])
    panels[1].set_yticks(range(len(order)), [""] * len(order))
    caption(
        figure,
        TITLE,
        "Each point: what goes with one standard deviation (s.d.) or log unit more, or with yes instead of "
        "no. Right of zero: fewer deaths.\n95% intervals, clustered by mission family (CR1); blue: "
        "without zero. Incomplete rows are left out. Associations, not effects:\nstrong missions are "
        f"sent to hard cases. The right-hand sample is small for its {len(mission_model().terms)} terms "
        "(with the constant): read it as a description.",
        "Sources: UCDP 25.1; UN, Kathman, IPI personnel; shortfall data; TAMM (Lloyd 2021), then coded "
        "by pkstats; World Bank, Fariss and others 2022.",
    )
    return figure


def _points(axes: Axes, estimate: Estimate, order: list[str]) -> None:
    table = estimate.tidy().set_index("term")
    for place, term in enumerate(order):
        if term not in table.index:
            axes.annotate(
                "not in this model",
                (0, place),
                (6, 0),
                textcoords="offset points",
                fontsize=8.5,
                color="#777777",
                va="center",
            )
            continue
        row = table.loc[term]
        clear = row["conf_low"] > 0 or row["conf_high"] < 0
        colour = COLOURS["blue"] if clear else COLOURS["grey"]
        ends = [row["conf_low"], row["conf_high"]]
        # Other caps reach past the interval, and over zero.
        axes.plot(ends, [place, place], color=colour, linewidth=2, solid_capstyle="butt")
        axes.plot(row["estimate"], place, "o", color=colour, markersize=6)
    axes.axvline(0, color="#444444", linewidth=1)
    axes.set_ylim(-0.6, len(order) - 0.4)
    bare(axes, "x")
