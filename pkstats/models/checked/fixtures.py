"""Every model that R fitted, fitted again: how many numbers, how far apart."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pkstats.errors import UnreadableFile
from pkstats.models.estimate import Estimate
from pkstats.models.families import FAMILIES
from pkstats.models.fit import fit

PASSED_ON = ("weights", "exposure", "zero", "entry", "time", "event", "ties", "groups")
INFORMATION = {"mass": "expected", "expected": "expected", "observed": "observed"}
SUBSETS = {"first_40": lambda frame: frame.head(40), "entry_zero": lambda f: f[f["entry"] == 0]}


@cache
def oracles() -> dict[str, Any]:
    """Return what is compared with what: oracles by topic of `tests/r`, and further checks."""
    text = files("pkstats.models.checked").joinpath("oracles.toml").read_text("utf-8")
    return tomllib.loads(text)


def compare(folder: Path) -> pd.DataFrame:
    """Return one row per number that R gave and this library gives too.

    Parameters
    ----------
    folder : Path
        The R fixtures, `tests/r` of a checkout.

    Returns
    -------
    DataFrame
        topic, family, vcov, case, term, quantity, theirs, ours, difference (relative).

    Raises
    ------
    UnreadableFile
        When a fixture is not there.
    """
    inputs = {name: _read(folder, name) for name in ("random", "panel")}
    records: list[dict[str, Any]] = []
    for topic, oracle in oracles()["oracles"].items():
        table = _read(folder, topic)
        table = table[table["part"] == "coefficient"]
        for case, rows in table.groupby("case", sort=False):
            options = _options(rows.iloc[0])
            if _ours(str(rows["family"].iloc[0]), options, str(case)):
                found = _fit(rows.iloc[0], options, inputs[rows["data"].iloc[0]])
                about = {"topic": topic, "family": found.family, "case": case}
                about["vcov"] = _variance(options, found)
                numbers = _numbers(rows, found, options, oracle["quantities"])
                records += [{**about, **number} for number in numbers]
    frame = pd.DataFrame(records)
    scale = frame["theirs"].abs().where(frame["theirs"] != 0, 1)
    frame["difference"] = (frame["ours"] - frame["theirs"]).abs() / scale
    return frame


def summary(compared: pd.DataFrame) -> pd.DataFrame:
    """Return numbers compared, largest relative difference and tolerance by family and variance."""
    groups = compared.groupby(["family", "vcov", "topic"], sort=False)
    table = groups.agg(
        models=("case", "nunique"), numbers=("difference", "size"), largest=("difference", "max")
    ).reset_index()
    table["oracle"] = [oracles()["oracles"][topic]["program"] for topic in table["topic"]]
    table["tolerance"] = [oracles()["oracles"][topic]["tolerance"] for topic in table["topic"]]
    order = {name: place for place, name in enumerate(FAMILIES)}
    ranked = table.assign(_place=table["family"].map(order))
    return ranked.sort_values("_place", kind="stable").drop(columns="_place")


def _read(folder: Path, name: str) -> pd.DataFrame:
    path = folder / f"{name}.csv"
    if not path.exists():
        raise UnreadableFile(
            f"Expected the R fixture {path}; there is none. It is part of a checkout, not of an "
            "installed package: name the folder tests/r."
        )
    return pd.read_csv(path, keep_default_na=False, na_values=["", "NA"])


def _options(first: pd.Series) -> dict[str, str]:
    pairs = [pair.split("=", 1) for pair in str(first["options"]).split(";") if pair]
    return dict(pairs)


def _ours(family: str, options: dict[str, str], case: str) -> bool:
    """Tell whether a case follows a convention this library has."""
    if family not in FAMILIES:
        return False
    # R's factor of one is ours with the factor taken out; two ways have three factors.
    if options.get("vcov") == "cr0" and "+" in options["cluster"]:
        return False
    # R's classical errors take weights for counts of rows.
    if "weights" in options and options.get("vcov") == "classical" and family != "ols":
        return False
    other = "_likelihood" if family == "ols" else "_stata"
    return not case.endswith(other)


def _fit(first: pd.Series, options: dict[str, str], data: pd.DataFrame) -> Estimate:
    subset = SUBSETS.get(options.get("rows", ""))
    given: dict[str, Any] = {name: options[name] for name in PASSED_ON if name in options}
    if "reml" in options:
        given["method"] = "reml" if options["reml"] == "yes" else "ml"
    if "alpha" in options:
        given["alpha"] = float(options["alpha"])
    if "information" in options and first["family"] in ("probit", "negbin"):
        given["information"] = INFORMATION[options["information"]]
    vcov = options.get("vcov", "classical")
    return fit(
        first["formula"],
        subset(data) if subset else data,
        family=first["family"],
        vcov="cr1" if vcov == "cr0" else vcov,
        cluster=options["cluster"].split("+") if "cluster" in options else None,
        **given,
    )


def _variance(options: dict[str, str], found: Estimate) -> str:
    """Return the name of the variance compared."""
    ways = ", two-way" if "+" in options.get("cluster", "") else ""
    weights = ", weighted" if "weights" in options else ""
    alpha = ", α given" if "alpha" in options else ""
    information = found.options.get("information")
    usual = {"probit": "expected", "negbin": None if alpha else "observed"}.get(found.family)
    kind = "" if information in (None, usual) else f", {information} information"
    return f"{found.vcov}{ways}{weights}{alpha}{kind}"


def _numbers(
    rows: pd.DataFrame, found: Estimate, options: dict[str, str], quantities: list[str]
) -> list[dict[str, Any]]:
    ours = found.tidy().set_index("term")
    if options.get("vcov") == "cr0":
        ours["std_error"] /= _factor(found)
    freedom = found.freedom
    ours["df"] = np.nan if freedom is None else freedom
    numbers = [
        {
            "term": row["term"],
            "quantity": name,
            "theirs": row[name],
            "ours": ours.loc[row["term"], name],
        }
        for _, row in rows.iterrows()
        for name in quantities
    ]
    likelihood = found.found.log_likelihood
    if found.family == "firth":
        likelihood = found.found.statistics["penalised_log_likelihood"]
    known = rows["log_likelihood"].iloc[0] / _scale(found, options)
    numbers.append({"term": "", "quantity": "log_likelihood", "theirs": known, "ours": likelihood})
    return [number for number in numbers if not np.isnan(number["theirs"])]


def _scale(found: Estimate, options: dict[str, str]) -> float:
    """Return R's log likelihood over ours: its weights keep their scale, ours have a mean of one."""
    if "weights" not in options or not found.found.likelihood:
        return 1.0
    return float(found.rows.data[options["weights"]].mean())


def _factor(found: Estimate) -> float:
    """Return the root of CR1's small-sample factor."""
    groups, rows, terms = found.clusters, found.nobs, len(found.terms)
    factor = groups / (groups - 1)
    if not found.found.likelihood:
        factor *= (rows - 1) / (rows - terms)
    return float(np.sqrt(factor))
