"""Every number the library gives, kept and compared: what did a change move?

``python benchmarks/oracle.py record FOLDER`` writes tables, reports of readers (where publishers'
files are at hand), panels, estimates, the ledger and the cases as Parquet files;
``python benchmarks/oracle.py compare BEFORE AFTER`` prints what differs by more than 1e-10
(relative) and returns 1 when anything does. A change of the structure must move nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import pkstats as pk

TOLERANCE = 1e-10
SOURCES = Path(os.environ.get("PKSTATS_SOURCES", Path(__file__).parents[2] / "shared" / "sources"))
PANELS = (
    ("mission", {"sponsor": "UN", "kind": "peacekeeping"}),
    ("mission-year", {"start": 1990, "end": 2024, "sponsor": "UN", "kind": "peacekeeping"}),
    ("mission-month", {"start": 2010, "end": 2015}),
    ("state-year", {"start": 1990, "end": 2020}),
)
CASES = ("MINUSTAH", "UNFICYP", "AMISOM", "UNAMSIL", "MINUSMA", "SFOR", "UNTAET", "UNTSO", "UNAMIR")
OUTCOME = "violence_abatement"
TERMS = "standardize(strength_per_100k) + ngo_engagement + log_deaths_before"
MODELS = (
    (f"{OUTCOME} ~ {TERMS}", {"family": "ols"}),
    (f"{OUTCOME} ~ {TERMS}", {"family": "logit"}),
    (f"{OUTCOME} ~ {TERMS}", {"family": "probit"}),
    (f"{OUTCOME} ~ {TERMS}", {"family": "firth", "vcov": "classical"}),
    (f"task_count ~ {TERMS}", {"family": "poisson"}),
    (f"task_count ~ {TERMS}", {"family": "negbin"}),
    (f"task_count ~ {TERMS}", {"family": "ordered"}),
    (f"strength_per_100k ~ {TERMS.replace('standardize(strength_per_100k)', 'task_count')}", {}),
)


def numbers() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield every number by name."""
    for name in pk.tables()["name"]:
        yield f"table {name}", pk.load(name)
    yield from _reports()
    panels = {}
    for unit, options in PANELS:
        panel = pk.panel(unit, **options).add("personnel", "violence")
        yield f"panel {unit}", panel.frame
        names = pk.measures(unit=unit)["name"] if _takes_unit() else pk.measures()["name"]
        derived = panel
        for name in names:
            try:
                derived = derived.derive(name)
            except pk_error():
                continue
        yield f"measures {unit}", derived.frame
        panels[unit] = derived
    for number, (formula, options) in enumerate(MODELS):
        clusters = {} if options.get("vcov") else {"cluster": "family"}
        found = pk.fit(formula, panels["mission-year"], **{"family": "ols", **clusters, **options})
        yield f"estimate {number} {options.get('family', 'ols')}", found.tidy()
    yield "ledger", pk.claims(progress=False)
    for name in CASES:
        one = pk.case(name)
        for part in ("facts", "timeline", "resources", "violence", "diplomacy", "scores"):
            yield f"case {name} {part}", _frame(getattr(one, part))
        yield f"case {name} answer", pd.DataFrame({"text": [one.answer(), one.verdict()]})


def _takes_unit() -> bool:
    import inspect

    return "unit" in inspect.signature(pk.measures).parameters


def pk_error() -> type[Exception]:
    """Return the library's base error."""
    from pkstats.errors import PkstatsError

    return PkstatsError


def _frame(part: object) -> pd.DataFrame:
    found = part() if callable(part) else part  # type: ignore[arg-type]
    return found if isinstance(found, pd.DataFrame) else pd.DataFrame(found)


def _reports() -> Iterator[tuple[str, pd.DataFrame]]:
    from pkstats.sources import layout_names
    from pkstats.tables.compile import find

    for kind in layout_names():
        path = find(SOURCES, kind) if SOURCES.is_dir() else None
        if path is not None:
            frame, report = pk.read(kind, path)
            yield f"read {kind}", frame
            yield f"report {kind}", pd.DataFrame({"text": repr(report).splitlines()})


def record(folder: Path) -> None:
    """Write every number as a Parquet file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in numbers():
        plain = frame.reset_index() if frame.index.name else frame.reset_index(drop=True)
        for column in plain:
            if not pd.api.types.is_numeric_dtype(plain[column].dtype):
                plain[column] = (
                    plain[column]
                    .astype("object")
                    .map(lambda value: None if value is None or value is pd.NaT else str(value))
                )
        plain.columns = [str(column) for column in plain.columns]
        plain.to_parquet(folder / f"{name.replace('/', '_')}.parquet")
        print(name, len(plain), flush=True)


def compare(before: Path, after: Path) -> int:
    """Print what differs between two recordings; return 1 when anything does."""
    names = sorted({path.name for folder in (before, after) for path in folder.glob("*.parquet")})
    moved = 0
    for name in names:
        lines = list(_differences(before / name, after / name))
        moved += bool(lines)
        for line in lines[:12]:
            print(f"{name.removesuffix('.parquet')}: {line}")
    print(f"{len(names)} tables compared, {moved} differ")
    return 1 if moved else 0


def _differences(old: Path, new: Path) -> Iterator[str]:
    if not old.exists() or not new.exists():
        yield "only after" if new.exists() else "only before"
        return
    one, two = pd.read_parquet(old), pd.read_parquet(new)
    if columns := sorted(set(one) ^ set(two)):
        yield f"columns {columns[:8]}"
    if len(one) != len(two):
        yield f"{len(one)} rows before, {len(two)} after"
        return
    for column in one.columns.intersection(two.columns):
        left, right = one[column], two[column]
        if pd.api.types.is_numeric_dtype(left.dtype) and pd.api.types.is_numeric_dtype(right.dtype):
            first = left.to_numpy("float64", na_value=np.nan)
            second = right.to_numpy("float64", na_value=np.nan)
            with np.errstate(invalid="ignore"):
                size = np.maximum(np.abs(first), np.abs(second))
                same = (np.abs(first - second) <= TOLERANCE * size) | (first == second)
            same |= np.isnan(first) & np.isnan(second)
        else:
            same = (left.astype("str") == right.astype("str")).to_numpy()
        if not same.all():
            place = int(np.flatnonzero(~same)[0])
            yield (
                f"{column}: {int((~same).sum())} of {len(same)} differ, "
                f"first {str(left.iloc[place])[:60]} → {str(right.iloc[place])[:60]}"
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["record"]:
        record(Path(sys.argv[2]))
    elif sys.argv[1:2] == ["compare"]:
        sys.exit(compare(Path(sys.argv[2]), Path(sys.argv[3])))
    else:
        sys.exit(__doc__)
