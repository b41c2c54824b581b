"""`multiverse`: declare a grid, run it, return every answer; `reload`: read a saved one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pkstats.checks.context import check_timing
from pkstats.errors import BadModel, UnreadableFile
from pkstats.models.columns import framed
from pkstats.multiverse import store
from pkstats.multiverse.asked import names
from pkstats.multiverse.data import Setting, column, needed
from pkstats.multiverse.grid import LIMIT, Grid, declare
from pkstats.multiverse.plan import Plan, plan
from pkstats.multiverse.result import Multiverse
from pkstats.multiverse.run import RESULT, Chunk, Resources, chunks, run
from pkstats.panel.origin import origins
from pkstats.text import cut

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
    timing: Mapping[str, str] | None = None,
    **how: Any,
) -> Multiverse:
    """Fit every specification of a declared grid: one association, seen through all choices.

    Parameters
    ----------
    data : DataFrame or Panel
    outcome, treatment : str or sequence of str
        Terms of a formula; a treatment has one coefficient.
    controls : sequence of str or mapping
        A sequence: any subset, 2ⁿ sets. A mapping: ``{"always": […], "any": […], "one of": {"income":
        ["log(gdp)", "gdp_growth", None]}}``, where None leaves the group out. ``"x + I(x**2)"`` is one.
    samples : mapping of str to str or None, optional
        Names and queries, such as ``"year >= 2000 and region in ['Africa']"``; None is every row.
    family : str, sequence of str, or mapping of outcomes to these
        ols, logit, poisson and negbin go thousands at a time; others of `pkstats.fit` one by one.
    fixed_effects : None, str, tuple of str, or a list of these
        Each member of a list is an option: ``[None, "family", ("family", "year")]``.
    cluster : str or two str, optional
    exclude : pairs of str
        Terms that never stand together; `notes` of the grid list those excluded anyway.
    limit : int
        A larger grid is refused.
    timing : mapping of str to str, optional
        When columns of your own are fixed: before, entry, during or after. A panel knows it of those
        that `add` and `derive` made. A control fixed after a treatment never stands beside it.
    **how
        How it is run: `vcov`, `save`, `seed`, `workers`, `progress` …; see `multiverse.Plan`.

    Returns
    -------
    Multiverse
        With `frame`, `summary()`, `drivers()`, `influence()`, `permute()` and `plot()`.

    Raises
    ------
    BadModel
        When the grid is empty or too large, or names what the data do not have.
    """
    named = {"outcome": outcome, "treatment": treatment, "controls": controls, "samples": samples}
    named |= {"family": family, "fixed_effects": fixed_effects}
    declared = {name: _plain(value) for name, value in named.items()}
    declared |= {"exclude": _pairs(exclude), "limit": limit, "timing": _timing(data, timing)}
    return _run(data, declared, cluster, plan(how))


def _pairs(exclude: Any) -> list[list[str]]:
    pairs = list(exclude) if isinstance(exclude, Iterable) else [exclude]
    for pair in pairs:
        if isinstance(pair, str) or not isinstance(pair, Iterable):
            raise BadModel(f"exclude= takes pairs of terms, [('a', 'b')]; found {cut(repr(pair))}.")
    return [list(pair) for pair in pairs]


def _timing(data: object, given: Mapping[str, str] | None) -> dict[str, str]:
    """Return when columns are fixed: as their panel knows it, unless the caller says otherwise."""
    check_timing(given or {})
    known = {name: origin.timing for name, origin in origins(data).items() if origin.timing}
    return {**known, **(given or {})}


def _run(
    data: pd.DataFrame | Panel, declared: dict[str, Any], cluster: Any, how: Plan
) -> Multiverse:
    grid, setting = declare(**_declared(declared)), how.setting(names(cluster, "cluster="))
    frame = framed(data)
    if frame.empty:
        raise BadModel("The data have no rows.")
    for name in needed(grid, setting):
        column(frame, name)
    if how.save is not None:
        store.free(how.save)
    mark = "" if how.save is None else store.fingerprint(frame, grid, setting)
    about = {
        "hash": mark,
        "seed": how.seed,
        "declared": {**declared, "setting": _setting(setting)},
        "sources": [] if isinstance(data, pd.DataFrame) else list(data.sources),
        "owed": [] if isinstance(data, pd.DataFrame) else list(data.owed),
    }
    if how.save is None:
        figures: pd.DataFrame | Path = _held(frame, grid, setting, how.resources)
    else:
        figures = store.target(how.save)
        _stored(frame, grid, setting, how.resources, figures, about)
    return _found(figures, grid, setting, data, about, how.resources)


def _found(
    figures: pd.DataFrame | Path,
    grid: Grid,
    setting: Setting,
    data: pd.DataFrame | Panel | None,
    about: Mapping[str, Any],
    resources: Resources,
) -> Multiverse:
    return Multiverse(
        figures,
        grid,
        setting,
        None if data is None else framed(data),
        about["hash"],
        about["seed"],
        tuple(about["sources"]),
        tuple(about.get("owed", ())),
        about["declared"],
        resources,
        None if isinstance(data, pd.DataFrame) else data,
    )


def _held(frame: pd.DataFrame, grid: Grid, setting: Setting, resources: Resources) -> pd.DataFrame:
    """Run a grid whose results stay in memory."""
    needed_bytes = grid.size * RESULT
    if needed_bytes > resources.memory:
        raise BadModel(
            f"The results of {grid.size:,} specifications take about {needed_bytes / 1e6:,.0f} MB, "
            f"over memory={resources.memory / 1e6:g}. Pass save='file.parquet': they then go to that "
            "file part by part; or raise memory=, or narrow the grid."
        )
    every, done = chunks(grid), {}
    run(frame, grid, setting, resources, every, lambda c, part: done.update({c.number: part}))
    return pd.concat([done.pop(chunk.number) for chunk in every], ignore_index=True)


def _stored(
    frame: pd.DataFrame,
    grid: Grid,
    setting: Setting,
    resources: Resources,
    path: Path,
    about: Mapping[str, Any],
) -> None:
    """Run a grid whose results go to a file, or go on with a run that was interrupted.

    A file that has the whole result already stays as it is. Whoever else writes the file is waited
    for first.
    """
    mark = about["hash"]
    with store.held(path):
        if store.finished(path, mark, grid.size):
            return
        every = chunks(grid)
        sizes = {chunk.number: chunk.size for chunk in every}
        done = store.begun(path, mark, sizes)
        wanted = [chunk for chunk in every if chunk.number not in done]

        def keep(chunk: Chunk, figures: pd.DataFrame) -> None:
            store.keep_part(path, mark, chunk.number, figures)

        try:
            run(frame, grid, setting, resources, wanted, keep)
        except KeyboardInterrupt as stopped:
            kept = store.begun(path, mark, sizes)
            stopped.add_note(
                f"{sum(sizes[number] for number in kept):,} of {grid.size:,} specifications are kept "
                f"in {store.parts_folder(path)}; the same call goes on from there."
            )
            raise
        store.gather(path, grid, about, sizes, mark)


def reload(
    path: str | Path, data: pd.DataFrame | Panel | None = None, memory: float = Plan.memory
) -> Multiverse:
    """Return a saved multiverse; with its data it can be refitted, permuted and so on.

    Parameters
    ----------
    memory : float
        Megabytes that what is read and refitted may take.

    Raises
    ------
    UnreadableFile
        When the file is not a saved multiverse, has changed since, or the data are not those it was
        fitted on.
    """
    path = store.target(path)
    about = store.about(path)
    grid, setting = _told(path, about["declared"])
    store.check_whole(path, grid.size)
    whole = None if data is None else framed(data)
    if whole is not None and about["hash"]:
        found = store.fingerprint(whole, grid, setting)
        if found != about["hash"]:
            raise UnreadableFile(
                f"{cut(path, 300)} was fitted on other data: expected hash {about['hash'][:12]}, found "
                f"{found[:12]}. Pass the data it was fitted on, or run the grid again."
            )
    return _found(path, grid, setting, data, about, plan({"memory": memory}).resources)


def _told(path: Path, declared: Mapping[str, Any]) -> tuple[Grid, Setting]:
    """Return grid and setting as a saved result declares them."""
    try:
        grid = declare(**_declared({k: v for k, v in declared.items() if k != "setting"}))
        values = dict(declared["setting"])
        setting = Setting(**{**values, "cluster": tuple(values["cluster"])})
        needed(grid, setting)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as problem:
        raise UnreadableFile(
            f"Expected a saved multiverse at {cut(path, 300)}; the grid it declares cannot be "
            f"({cut(problem, 300)}). Run the grid again."
        ) from None
    return grid, setting


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
