"""Where peace operations are and were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pkstats.codebook import table
from pkstats.study.caption import caption
from pkstats.study.gallery.missions import SPONSORS, sponsor_group
from pkstats.study.gallery.shapes import centre, rings, robinson, territories
from pkstats.style.placement import place_labels
from pkstats.tables import load
from pkstats.tables.coverage import as_of, as_of_month

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "Where peace operations are and were"
ALT = (
    "World map of Africa, Europe, Asia and the Americas. States with a peacekeeping mission today "
    "are shaded and marked with a circle for each mission, coloured by sponsor and sized by "
    "uniformed strength, hollow where that is not known, with its acronym; states that hosted missions "
    "only in the past are shaded lightly. An inset enlarges Cyprus and the Levant. The largest circles are "
    "in the Central African Republic, South Sudan, the Democratic Republic of the Congo and Lebanon."
)
EDGES = {"west": -98.0, "east": 160.0, "south": -40.0, "north": 63.0}
# Enlarged in a corner: missions here stand closer than their circles are wide.
CROWDED = {"west": 31.4, "east": 38.4, "south": 30.6, "north": 36.2}
INSET = (0.61, 0.065, 0.16, 0.28)
LAND, PAST, PRESENT = "#F0F0EE", "#C3D0D9", "#85A8C2"
GREY = "#777777"
RECENT = 36  # months
SIZES = (1_000, 5_000, 15_000)


def present() -> pd.DataFrame:
    """Return today's peacekeeping missions: sponsor group, latest strength, longitude, latitude.

    A strength older than three years counts as unknown. The place is the mean of the mission's last
    known bases (Geo-PKO), else the middle of its first host on land.
    """
    missions = load("missions")
    here = missions[(missions["exit"] == "ongoing") & (missions["kind"] == "peacekeeping")]
    personnel = load("personnel").dropna(subset=["total"]).sort_values("month")
    personnel = personnel[personnel["month"] >= as_of_month() - RECENT]
    personnel = personnel.drop_duplicates("mission_id", keep="last")
    bases = load("deployments").dropna(subset=["latitude", "longitude"])
    bases = bases[bases["year"] == bases.groupby("mission_id")["year"].transform("max")]
    places = bases.groupby("mission_id")[["longitude", "latitude"]].mean()
    hosts = load("hosts")
    hosts = hosts[(hosts["role"] == "host") & hosts["to"].isna()].drop_duplicates("mission_id")
    middles = {
        name: centre(state) for name, state in zip(hosts["mission_id"], hosts["state"], strict=True)
    }
    for mission_id in here["mission_id"]:
        if mission_id not in places.index and middles.get(mission_id):
            places.loc[mission_id] = middles[mission_id]
    strength = personnel.set_index("mission_id")["total"].astype("float64")
    frame = here.assign(
        group=here.apply(sponsor_group, axis=1), strength=here["mission_id"].map(strength)
    )
    return frame.join(places, on="mission_id").dropna(subset=["longitude"])


def _shades() -> dict[int | str, str]:
    """Return a colour for each state (by number) or territory (by name) that hosts or hosted a mission."""
    missions, hosts = load("missions"), load("hosts")
    hosts = hosts[hosts["role"] == "host"]
    kept = missions.loc[missions["kind"] == "peacekeeping", ["mission_id", "exit"]]
    hosts = hosts.merge(kept, on="mission_id")
    homes = {one: name for name, entry in territories().items() for one in entry["missions"]}
    hosts["place"] = hosts["mission_id"].map(homes).astype("object")
    hosts["place"] = hosts["place"].where(hosts["place"].notna(), hosts["state"].astype(int))
    shades: dict[int | str, str] = dict.fromkeys(hosts["place"], PAST)
    for entry in table("neighbours").recipe["parts"]:
        if entry["state"] in shades and entry["state"] not in hosts_today():
            shades |= dict.fromkeys(set(entry["parts"]) - set(shades), PAST)
    now = hosts[(hosts["exit"] == "ongoing") & hosts["to"].isna()]
    return shades | dict.fromkeys(now["place"], PRESENT)


def hosts_today() -> set[int]:
    """Return the states of today that the map shows."""
    return {state for state, _ in rings().values() if state}


def _land(axes: Axes, edges: dict[str, float]) -> None:
    """Draw the states inside edges, and end the axes there."""
    shades = _shades()
    shapes, colours = [], []
    for name, (state, parts) in rings().items():
        for ring in parts:
            west, south = ring.min(axis=0)
            east, north = ring.max(axis=0)
            if east < edges["west"] or west > edges["east"] or north < edges["south"]:
                continue
            if south > edges["north"] + 15:
                continue
            shapes.append(robinson(*ring.T))
            colours.append(shades.get(state or name, LAND))
    axes.add_collection(
        PolyCollection(shapes, facecolors=colours, edgecolors="white", linewidths=0.5)
    )
    middle = (edges["west"] + edges["east"]) / 2, (edges["south"] + edges["north"]) / 2
    corners = robinson(
        np.array([edges["west"], edges["east"], middle[0], middle[0]]),
        np.array([middle[1], middle[1], edges["south"], edges["north"]]),
    )
    axes.set_aspect("equal")
    axes.set_xlim(corners[0, 0], corners[1, 0])
    axes.set_ylim(corners[2, 1], corners[3, 1])


def _radius(strength: np.ndarray) -> np.ndarray:
    """Return the radius in points of a circle whose area stands for strength."""
    known = np.nan_to_num(strength, nan=150.0)
    return np.maximum(np.sqrt(known) * 0.095, 2.4)


def _side_by_side(points: np.ndarray, radii: np.ndarray, point: float) -> np.ndarray:
    """Return places with small circles that would hide each other moved to the east.

    `point` is 1/72 inch on the map, in radii of the globe as the places are.
    """
    moved = points.copy()
    for place in range(1, len(moved)):
        for other in range(place):
            gap = np.hypot(*(moved[place] - moved[other]))
            if gap < point * 6 and max(radii[place], radii[other]) < 6:
                moved[place] = moved[other] + (point * 7, 0)
    return moved


def _missions(axes: Axes, frame: pd.DataFrame) -> None:
    """Draw a circle for each mission, hollow where its strength is not known, and its name."""
    points = robinson(frame["longitude"].to_numpy(), frame["latitude"].to_numpy())
    radii = _radius(frame["strength"].to_numpy("float64"))
    inches = axes.get_window_extent().width / axes.figure.dpi
    points = _side_by_side(points, radii, float(np.diff(axes.get_xlim())[0]) / (72 * inches))
    colours = [SPONSORS[group] for group in frame["group"]]
    unknown = frame["strength"].isna().to_numpy()
    for point, radius, colour, hollow in zip(points, radii, colours, unknown, strict=True):
        face = "white" if hollow else colour
        axes.plot(
            *point,
            "o",
            markersize=2 * radius,
            markerfacecolor=face,
            alpha=0.85,
            zorder=4,
            markeredgecolor=colour if hollow else "white",
            markeredgewidth=1.2 if hollow else 0.6,
        )
    place_labels(axes, points, radii, list(frame["mission_id"]), ["#222222"] * len(frame))


def _legend(axes: Axes, frame: pd.DataFrame) -> None:
    circle = {"marker": "o", "linestyle": ""}
    known = frame.groupby("group")["strength"].count()
    marks: list[Line2D | Patch] = [
        Line2D(
            [],
            [],
            color=SPONSORS[group],
            markerfacecolor=SPONSORS[group] if known[group] else "white",
            label=group,
            **circle,  # type: ignore[arg-type]
        )
        for group in SPONSORS
        if group in known
    ]
    marks.append(Patch(color=PRESENT, label="host today"))
    marks.append(Patch(color=PAST, label="host in the past"))
    first = axes.legend(handles=marks, loc="lower left", fontsize=8.5, borderpad=0.2)
    axes.add_artist(first)
    sizes = [
        Line2D([], [], color=GREY, markersize=2 * radius, label=f"{amount:,}", **circle)  # type: ignore[arg-type]
        for amount, radius in zip(SIZES, _radius(np.array(SIZES)), strict=True)
    ]
    hollow = {"markeredgecolor": GREY, "markerfacecolor": "white", **circle}
    sizes.append(Line2D([], [], label="not known", **hollow))  # type: ignore[arg-type]
    axes.legend(
        handles=sizes,
        title="uniformed personnel",
        title_fontsize=8.5,
        alignment="left",
        loc="lower left",
        bbox_to_anchor=(0.265, 0),
        labelspacing=1.6,
        fontsize=8.5,
    )


def _inset(figure: Figure, axes: Axes) -> Axes:
    """Return axes in a corner with the crowded part of the map, which is framed on the map."""
    inset = figure.add_axes(INSET)
    _land(inset, CROWDED)
    inset.grid(False)
    inset.set_xticks([])
    inset.set_yticks([])
    for side in inset.spines.values():
        side.set_visible(True)
    inset.set_title("the framed part, enlarged", fontsize=8.5, fontweight="normal", pad=4)
    west, east, south, north = *inset.get_xlim(), *inset.get_ylim()
    axes.indicate_inset((west, south, east - west, north - south), edgecolor=GREY, alpha=1)
    return inset


def draw() -> Figure:
    """Return the figure: states shaded by whether they host or hosted, a circle for each mission."""
    frame = present().sort_values("strength", ascending=False, na_position="last")
    figure, axes = plt.subplots(figsize=(11, 5.9))
    figure.subplots_adjust(left=0.01, right=0.99, top=0.85, bottom=0.045)
    _land(axes, EDGES)
    axes.set_axis_off()
    inset = _inset(figure, axes)
    _legend(axes, frame)
    caption(
        figure,
        TITLE,
        f"Peacekeeping missions deployed on {as_of()} by sponsor and uniformed strength, at the mean "
        "place of their bases or in the middle of their host,\nside by side where one would hide another; "
        "EUNAVFOR Atalanta is at sea. No political, civilian or training missions. Natural Earth's "
        "borders,\nbut Western Sahara whole, on both sides of the berm, as a territory of its own; no "
        "opinion implied.",
        "Sources: pkstats registry; UN contribution reports; Geo-PKO 2.3; Natural Earth 4.1.0.",
    )
    figure.canvas.draw()
    crowded = frame["longitude"].between(CROWDED["west"], CROWDED["east"])
    crowded &= frame["latitude"].between(CROWDED["south"], CROWDED["north"])
    _missions(axes, frame[~crowded])
    _missions(inset, frame[crowded])
    return figure
