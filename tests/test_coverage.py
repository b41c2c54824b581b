"""When data end is read from the tables: newer files move every date, and a new mission is data alone."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import pkstats as pk
from pkstats.codebook import table
from pkstats.errors import UnitMismatch
from pkstats.registry.missions import DATA, coded
from pkstats.study.claims.ledger.entries import ledger
from pkstats.tables import coverage
from pkstats.tables.dates import complete_years, last_months, last_report, spell_ends
from pkstats.tables.places import own_raw

HERE = Path(pk.__file__).parents[1]


def month(text: str) -> pd.Period:
    return pd.Period(text, "M")


def test_missions_are_known_to_the_last_un_report():
    frame = pd.DataFrame({"source": ["un_contributions", "kathman"]})
    frame["month"] = pd.PeriodIndex(["2025-12", "2026-03"], freq="M")
    assert last_report(frame) == month("2025-12")
    assert last_report(frame[1:]) == month(coded()[:7])
    reports = pk.load("personnel").query("source == 'un_contributions'")
    assert coverage.as_of_month() == reports["month"].max()
    assert coverage.as_of().startswith(str(reports["month"].max()))


def test_an_ongoing_mission_lasts_to_the_as_of_month_and_never_less_than_a_month():
    missions = pd.DataFrame({"exit": ["ongoing", "completed", "ongoing", None]})
    missions["start"] = pd.to_datetime(["2020-01-05", "2020-01-05", "2027-03-01", "2020-01-05"])
    missions["end"] = pd.to_datetime([None, "2021-06-30", None, None])
    last = last_months(missions, month("2025-07"))
    assert last[:3].astype("str").tolist() == ["2025-07", "2021-06", "2027-03"]
    assert pd.isna(last[3])
    spells = pd.DataFrame({"from": [month("2024-01"), month("2027-03")]})
    spells["to"] = pd.PeriodIndex([None, None], freq="M")
    assert spell_ends(spells, month("2025-07")).astype("str").tolist() == ["2025-07", "2027-03"]


@pytest.mark.parametrize(
    ("name", "span"),
    [
        ("violence", (1989, 2024)),
        ("fatalities", (1948, 2024)),
        ("aid_workers", (1997, 2024)),
        ("agreements", (1975, 2021)),
        ("mediation_years", (1946, 2009)),
        ("neighbours", None),
    ],
)
def test_the_years_of_a_table_are_those_of_its_rows_or_of_its_complete_list(name, span):
    if span is not None:
        assert coverage.years(name) == span
    if "absent" in table(name).panel:
        newer = pk.load(name).assign(year=2030) if name == "aid_workers" else None
        if newer is not None:
            assert complete_years(table(name), newer) == (1997, 2029)


def test_a_panel_says_that_it_ends_before_the_years_asked_for():
    year = coverage.as_of_year()
    asked = pk.panel("mission-year", year, year + 1, "UN")
    assert any(f"asked to the end of {year + 1}" in note for note in asked.notes)
    assert coverage.as_of() in " ".join(asked.notes)
    assert not pk.panel("mission-year", year - 2, coverage.last_whole_year(), "UN").notes
    with pytest.raises(UnitMismatch, match=coverage.as_of()):
        pk.panel("mission-year", year + 1, year + 1, "UN")


def test_no_set_of_rows_of_the_ledger_names_its_last_year():
    assert {one.until for one in ledger().data.values() if one.start} == {"violence"}


def run(script: str, folder: Path, *words: str) -> dict:
    """Run a script in its own process, where tables are built from and into `folder`."""
    places = {"PKSTATS_RAW": str(folder / "raw"), "PKSTATS_DATA": str(folder / "built")}
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **places, "PYTHONPATH": str(HERE)},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def repeated(file: Path, column: str, last: str, later: list[str], only: str, without: str) -> None:
    """Add to a raw table the rows of its last month or year again, under later ones."""
    with file.open(encoding="utf-8", newline="") as handle:
        found = list(csv.DictReader(handle))
    rows = [
        row
        for row in found
        if row[column] == last and row["source"] == only and row.get("label") != without
    ]
    with file.open("a", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(found[0]), lineterminator="\n")
        writer.writerows({**row, column: time} for time in later for row in rows)


NEWER = """
import json
import pkstats as pk
from pkstats.study.claims.ledger.columns import rows_of
from pkstats.study.claims.ledger.entries import ledger
from pkstats.study.gallery import FIGURES
from pkstats.style.theme import theme

panel = pk.panel("mission-month", 2025, 2026, "UN", "peacekeeping").add("personnel")
with theme():
    foot = " ".join(text.get_text() for text in FIGURES["types"].draw().texts)
case = pk.case("UNMISS")
states = pk.panel("state-year", 2024, 2026).add("personnel").frame
rows = rows_of(ledger().data["mission_years"], ["year", "deaths"]).frame
print(json.dumps({
    "last": str(panel.frame["month"].max()),
    "unmiss": float(panel.frame.loc[panel.frame["mission_id"] == "UNMISS", "total"].iloc[-1]),
    "notes": list(panel.notes), "repr": repr(panel), "foot": foot, "case": repr(case),
    "answer": case.answer(), "verdict": case.verdict(),
    "states": int(states["year"].max()),
    "there": float(states.loc[(states["state"] == 626) & (states["year"] == 2026), "total"].iloc[0]),
    "ledger": [int(rows["year"].max()), int(rows.loc[rows["deaths"].notna(), "year"].max())],
}))
"""


@pytest.fixture(scope="module")
def newer(tmp_path_factory) -> dict:
    """Return what the library says once UN reports go to January 2026 and UCDP to 2025."""
    folder = tmp_path_factory.mktemp("newer")
    shutil.copytree(own_raw(), folder / "raw")
    months = [f"2025-{number:02}" for number in range(8, 13)] + ["2026-01"]
    reports = folder / "raw" / "personnel.csv"
    repeated(reports, "month", "2025-07", months, "un_contributions", "MINURSO")
    repeated(folder / "raw" / "violence.csv", "year", "2024", ["2025"], "ucdp_violence", "")
    return run(NEWER, folder)


@pytest.mark.slow
def test_newer_reports_move_panels_measures_figures_and_texts(newer):
    assert newer["last"] == "2026-01"
    assert newer["unmiss"] > 10_000
    assert "as of 2026-01-31" in newer["repr"]
    assert "As of 2026-01-31" in newer["foot"]
    for text in ("case", "answer", "verdict"):
        assert "ongoing as of 2026-01-31 (by the registry of 2025-07-31)" in newer[text].replace(
            "\n  ", " "
        )
    assert newer["states"] == 2026
    assert newer["there"] > 0


@pytest.mark.slow
def test_newer_violence_moves_the_rows_of_the_ledger(newer):
    assert newer["ledger"] == [2025, 2025]


@pytest.mark.slow
def test_a_panel_says_which_ongoing_missions_it_carries_past_the_registry(newer):
    notes = " ".join(newer["notes"])
    assert "taken to go on to 2026-01-31" in notes
    assert "the last UN report no longer has MINURSO" in notes


LATER = """
import json, sys
from pathlib import Path
import pkstats.registry.missions as registry

registry.DATA = Path(sys.argv[1])
import pkstats as pk
from pkstats.study.gallery.timeline import spells

item = pk.mission("UNEX")
panel = pk.panel("mission-month", 2027, 2027)
states = pk.panel("state-year", 2027, 2027).derive("had_peacekeepers").frame
bars = spells()
print(json.dumps({
    "repr": repr(item), "months": panel.frame["month"].astype("str").tolist(),
    "missions": panel.frame["mission_id"].unique().tolist(), "notes": list(panel.notes),
    "hosts": states.loc[states["had_peacekeepers"] == 1, "state"].tolist(),
    "last": str(bars.loc[bars["mission_id"] == "UNEX", "last"].iloc[0]),
    "case": repr(pk.case("UNEX")),
}))
"""


@pytest.mark.slow
def test_a_mission_of_2027_is_rows_in_the_registry_and_nothing_else(tmp_path):
    folder = tmp_path / "registry"
    shutil.copytree(DATA, folder)
    (tmp_path / "raw").symlink_to(own_raw())
    rows = {
        "missions_un.csv": {
            "mission_id": "UNEX", "name": "United Nations Example Mission", "sponsor": "UN",
            "kind": "peacekeeping", "start": "2027-03-15", "start_precision": "day",
            "theatre": "Example", "exit": "ongoing", "coder": "a test",
        },
        "hosts_un.csv": {
            "mission_id": "UNEX", "state": "41", "weight": "1", "role": "host",
            "purpose": "internal",
        },
    }  # fmt: skip
    for name, row in rows.items():
        with (folder / name).open(encoding="utf-8", newline="") as handle:
            columns = next(csv.reader(handle))
        with (folder / name).open("a", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, columns, restval="", extrasaction="ignore")
            writer.writerow(row)
    found = run(LATER, tmp_path, str(folder))
    assert "since 2027-03-15" in found["repr"]
    assert found["missions"] == ["UNEX"] and found["months"] == ["2027-03"]
    assert any("asked to the end of 2027" in note for note in found["notes"])
    assert found["hosts"] == [41]
    assert found["last"] == "2027-03"
    assert "since 2027-03-15" in found["case"]
