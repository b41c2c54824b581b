"""`multiverse`: declare a grid, run it, return every answer; `reload`: read a saved one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pkstats.errors import UnreadableFile
from pkstats.multiverse import store
from pkstats.multiverse.data import Setting, column, needed
from pkstats.multiverse.grid import LIMIT, Grid, declare
from pkstats.multiverse.plan import Plan, plan
from pkstats.multiverse.result import Multiverse
from pkstats.multiverse.run import FIGURES, Chunk, chunks, run

if TYPE_CHECKING:
    from pkstats.panel import Panel

Texts = str | Sequence[str]


def multiverse(
    data: pd.DataFrame | Panel,
    outcome: Texts,
    treatment: Texts,
    controls: Texts | Mapping[str, Any] = (),
    samples: Mapping[str, str | None] | None = None,
    family: Texts | Mapping[str, Texts] = "ols",
    *,
    fixed_effects: Any = None,
    cluster: Texts | None = None,
    exclude: Iterable[tuple[str, str]] = (),
    limit: int = LIMIT,
    **how: Any,
) -> Multiverse:
    """Fit every specification of a declared grid: one association, seen through all choices.

    Parameters
    ----------
    data : DataFrame or Panel
    outcome, treatment : str or sequence of str
        Terms of a formula; a treatment has one coefficient.
    controls : sequence of str or mapping
        A sequence: any subset of it, 2ⁿ sets. A mapping: ``{"always": […], "any": […],
        "one of": {"income": ["log(gdp)", "gdp_growth", None]}}``, where None leaves the group out.
        A term may hold several columns: ``"x + I(x**2)"``.
    samples : mapping of str to str or None, optional
        Names and queries over columns, such as ``"year >= 2000 and region in ['Africa']"``; None
        takes every row.
    family : str, sequence of str, or mapping of outcomes to these
        ols, logit, poisson and negbin are solved thousands at a time; any other family of `pkstats.fit`
        one by one.
    fixed_effects : None, str, tuple of str, or a list of these
        Each member of a list is an option: ``[None, "family", ("family", "year")]``.
    cluster : str or two str, optional
    exclude : pairs of str
        Terms that never stand together. Two codings of one column, and controls that the register
        of measures dates after a treatment, are excluded anyway; `notes` of the grid list them.
    limit : int
        A larger grid is refused.
    **how
        How it is run: see `pkstats.multiverse.Plan`.

    Raises
    ------
    BadModel
        When the grid is empty or too large, or names what the data do not have.
    """
    declared = {
        "outcome": _plain(outcome),
        "treatment": _plain(treatment),
        "controls": _plain(controls),
        "samples": None if samples is None else dict(samples),
        "family": _plain(family),
        "fixed_effects": _plain(fixed_effects),
        "exclude": [list(pair) for pair in exclude],
        "limit": limit,
    }
    return _run(data, declared, (cluster,) if isinstance(cluster, str) else cluster, plan(how))


def _run(
    data: pd.DataFrame | Panel, declared: dict[str, Any], cluster: Any, how: Plan
) -> Multiverse:
    grid, setting = declare(**_declared(declared)), how.setting(tuple(cluster or ()))
    frame = data if isinstance(data, pd.DataFrame) else data.frame
    for name in needed(grid, setting):
        column(frame, name)
    target = None if how.save is None else Path(how.save)
    mark = store.fingerprint(frame, grid, setting) if target is not None else ""
    done = {} if target is None else store.begun(target, mark)
    every = chunks(grid)

    def keep(chunk: Chunk, figures: pd.DataFrame) -> None:
        done[chunk.number] = figures
        if target is not None:
            store.keep_part(target, chunk.number, figures)

    run(frame, grid, setting, how.resources, [c for c in every if c.number not in done], keep)
    figures = pd.concat([done[chunk.number] for chunk in every], ignore_index=True)
    found = Multiverse(
        _labelled(figures, grid),
        grid,
        setting,
        frame,
        mark,
        how.seed,
        () if isinstance(data, pd.DataFrame) else tuple(data.sources),
        {**declared, "setting": _setting(setting)},
        how.resources,
    )
    if target is not None:
        found.save(target)
    return found


def reload(path: str | Path, data: pd.DataFrame | Panel | None = None) -> Multiverse:
    """Return a saved multiverse; with its data it can be refitted, permuted and so on.

    Raises
    ------
    UnreadableFile
        When the file is not a saved multiverse, or the data are not those it was fitted on.
    """
    frame, about = store.read(Path(path))
    declared = about["declared"]
    grid = declare(**_declared({k: v for k, v in declared.items() if k != "setting"}))
    values = dict(declared["setting"])
    setting = Setting(**{**values, "cluster": tuple(values["cluster"])})
    whole = data if data is None or isinstance(data, pd.DataFrame) else data.frame
    if whole is not None and about["hash"]:
        found = store.fingerprint(whole, grid, setting)
        if found != about["hash"]:
            raise UnreadableFile(
                f"{path} was fitted on other data: expected hash {about['hash'][:12]}, found "
                f"{found[:12]}. Pass the data it was fitted on, or run the grid again."
            )
    figures = frame.drop(columns=[name for name in frame if name in LABELS])
    return Multiverse(
        _labelled(figures, grid),
        grid,
        setting,
        whole,
        about["hash"],
        about["seed"],
        tuple(about["sources"]),
        declared,
    )


LABELS = (
    "specification",
    "outcome",
    "treatment",
    "controls",
    "sample",
    "family",
    "fixed_effects",
)


def _labelled(figures: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Return the figures with each specification's choices before them."""
    sizes = [len(batch.sets) for batch in grid.batches]
    places = np.concatenate([batch.sets for batch in grid.batches])
    fixed = [" + ".join(batch.fixed) or "none" for batch in grid.batches]
    labels = {
        "specification": np.arange(len(places)),
        "outcome": _axis([batch.outcome for batch in grid.batches], sizes),
        "treatment": _axis([batch.treatment for batch in grid.batches], sizes),
        "controls": pd.Categorical.from_codes(places, categories=_texts(grid)),
        "sample": _axis([batch.sample for batch in grid.batches], sizes),
        "family": _axis([batch.family for batch in grid.batches], sizes),
        "fixed_effects": _axis(fixed, sizes),
    }
    columns = [*FIGURES, "n", "clusters", "converged", "flags", "why"]
    return pd.DataFrame({**labels, **{name: figures[name].array for name in columns}})


def _axis(options: list[str], sizes: list[int]) -> pd.Categorical:
    """Return each batch's option, repeated for its specifications."""
    categories, codes = np.unique(np.array(options), return_inverse=True)
    return pd.Categorical.from_codes(codes.repeat(sizes), categories=categories.tolist())


def _texts(grid: Grid) -> pd.Index:
    """Return each set of controls in words, joined from the words of eight controls at a time."""
    parts = [pa.array([""], pa.large_string()).take(pa.array(np.zeros(len(grid.sets), int)))]
    for first in range(0, len(grid.controls), 8):
        names = grid.controls[first : first + 8]
        bits = np.packbits(grid.sets[:, first : first + 8], axis=1, bitorder="little")[:, 0]
        words = [
            "".join(f" + {name}" for place, name in enumerate(names) if byte >> place & 1)
            for byte in range(2 ** len(names))
        ]
        parts.append(pa.array(words, pa.large_string()).take(pa.array(bits)))
    joined = pc.binary_join_element_wise(*parts, pa.scalar("", pa.large_string()))
    joined = pc.utf8_slice_codeunits(joined, len(" + "))
    return pd.Index(pc.if_else(pc.equal(joined, ""), "none", joined).to_pandas(), dtype="str")


def _plain(value: Any) -> Any:
    """Return a declaration in lists and dicts, as JSON keeps it."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = [_plain(item) for item in value]
        return {"together": items} if isinstance(value, tuple) and value else items
    return value


def _declared(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `declare` from their plain form."""
    found = {name: _tuples(value) for name, value in plain.items()}
    found["exclude"] = tuple(tuple(pair) for pair in plain["exclude"])
    return found


def _tuples(value: Any) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"together"}:
            return tuple(_tuples(item) for item in value["together"])
        return {name: _tuples(item) for name, item in value.items()}
    return [_tuples(item) for item in value] if isinstance(value, list) else value


def _setting(setting: Setting) -> dict[str, Any]:
    return {
        "cluster": list(setting.cluster),
        "weights": setting.weights,
        "vcov": setting.vcov,
        "conf_level": setting.conf_level,
        "common_sample": setting.common_sample,
        "options": setting.options,
    }
