"""Multiverse: the answers of a whole grid, what they say together, and where they come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pkstats.errors import BadModel
from pkstats.models import Estimate
from pkstats.multiverse import asked, store
from pkstats.multiverse.careful import checked
from pkstats.multiverse.data import Setting, rows_of
from pkstats.multiverse.grid import Batch, Grid
from pkstats.multiverse.labels import AXES, COLUMNS, LABELS, labels, option
from pkstats.multiverse.leave_out import Influence, influence
from pkstats.multiverse.run import Resources
from pkstats.multiverse.sets import SLAB
from pkstats.multiverse.summary import Frames, drivers, shares
from pkstats.text import cut, for_html

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pkstats.multiverse.permutation import Permutation
    from pkstats.panel import Panel

# Bytes that one value takes while it is read and sorted.
CELL = 32


@dataclass(frozen=True)
class Multiverse:
    """Every specification of a grid: associations, one row each.

    Attributes
    ----------
    figures : DataFrame or Path
        What was found, or the file that holds it.
    frame : DataFrame
        One row per specification, read from the file when first asked for: `specification`, the
        choices (`outcome`, `treatment`, `controls`, `sample`, `family`, `fixed_effects`),
        `estimate`, `std_error`, `statistic`, `p_value`, `conf_low`, `conf_high`, `n`, `clusters`,
        `fitted` and `vcov` (the family fitted in the end and its variance), `converged`, `flags`
        (how it was fitted, when not the ordinary way) and `why`.
    grid : Grid
    setting : Setting
    data : DataFrame or None
        What it was fitted on; None when reloaded without its data.
    """

    figures: pd.DataFrame | Path = field(repr=False)
    grid: Grid
    setting: Setting
    data: pd.DataFrame | None = field(repr=False)
    hash: str = ""
    seed: int = 0
    sources: tuple[str, ...] = ()
    owed: tuple[str, ...] = ()
    declared: Mapping[str, Any] = field(default_factory=dict, repr=False)
    resources: Resources = field(default_factory=Resources, repr=False)
    panel: Panel | None = field(default=None, repr=False)

    @property
    def size(self) -> int:
        """Number of specifications."""
        return self.grid.size

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per specification; of a result that is in a file all parts are joined."""
        return self.columns(*LABELS, *COLUMNS)

    def columns(self, *names: str) -> pd.DataFrame:
        """Return some columns of `frame`, or ``"control x"``: whether x is among the controls.

        Parameters
        ----------
        *names : str
            Such as ``"estimate", "sample", "control year"``.

        Raises
        ------
        BadModel
            When a result that is in a file does not fit into the memory of its run.
        """
        self._known(names)
        self._refuse(names)
        return self._rows(None, names)

    def _known(self, names: Sequence[str]) -> None:
        controls = (f"control {name}" for name in self.grid.controls)
        asked.known(names, (*LABELS, *COLUMNS, *controls), "A column")

    def parts(self, *names: str) -> Iterator[pd.DataFrame]:
        """Yield columns of `frame` (`names`) for some thousand specifications at a time, in order."""
        self._known(names)
        for first, figures in self._read([name for name in names if name in COLUMNS]):
            chosen = [name for name in names if name not in COLUMNS]
            known = labels(self.grid, np.arange(first, first + len(figures)), chosen)
            index = pd.RangeIndex(first, first + len(figures))
            yield figures.set_axis(index).assign(**known)[list(names)]

    def drawn(self, *names: str) -> pd.DataFrame:
        """Return columns (`names`) of as many specifications as memory takes: all, or a random part."""
        self._known(names)
        # Beside the values: which specifications they are of, and their order.
        most = int(self.resources.memory // (self._width(names) + 2 * CELL))
        if self.size <= most or not isinstance(self.figures, Path):
            return self._rows(None, names)
        step = np.arange(most) + np.random.default_rng(self.seed).random(most)
        return self._rows(np.unique((step * self.size / most).astype("int64")), names)

    def _read(self, names: list[str]) -> Iterator[tuple[int, pd.DataFrame]]:
        """Yield figures in parts, and the number of each part's first specification."""
        if isinstance(self.figures, Path) and names:
            first = 0
            for part in store.read(self.figures, self.hash, names):
                yield first, part
                first += len(part)
            return
        figures = None if isinstance(self.figures, Path) else self.figures[names]
        for first in range(0, self.size, SLAB):
            rows = range(first, min(first + SLAB, self.size))
            yield first, pd.DataFrame(index=rows) if figures is None else figures.iloc[rows]

    def _rows(self, places: np.ndarray | None, names: Sequence[str]) -> pd.DataFrame:
        """Return columns of some specifications, told by number in order; of all for None."""
        own = [name for name in names if name in COLUMNS]
        if isinstance(self.figures, Path):
            kept = []
            for first, part in self._read(own):
                if places is not None:
                    ends = np.searchsorted(places, (first, first + len(part)))
                    part = part.iloc[places[slice(*ends)] - first]
                kept.append(part)
            figures = pd.concat(kept, ignore_index=True)
        else:
            figures = self.figures[own] if places is None else self.figures[own].iloc[places]
        known = labels(self.grid, places, [name for name in names if name not in COLUMNS])
        found = {**known, **{name: figures[name].array for name in own}}
        return pd.DataFrame({name: found[name] for name in names}, index=places)

    def _width(self, names: Sequence[str]) -> int:
        """Return the bytes that a specification takes: those of its controls' names are many."""
        return CELL * (len(names) + len(self.grid.controls) * ("controls" in names))

    def _refuse(self, names: Sequence[str]) -> None:
        """Refuse to read more of a file than memory takes."""
        needed = self.size * self._width(names)
        if isinstance(self.figures, Path) and needed > self.resources.memory:
            raise BadModel(
                f"{len(names)} columns of {self.size:,} specifications take about "
                f"{needed / 1e6:,.1f} MB, over memory={self.resources.memory / 1e6:g}. Ask for fewer "
                "with m.columns(…), go through them with m.parts(…), or reload(path, data, memory=…)."
            )

    @property
    def axes(self) -> dict[str, list[str]]:
        """What varies, and between which options."""
        return self.grid.axes

    @property
    def controls(self) -> dict[str, np.ndarray]:
        """For each control that varies, which specifications have it, shape (S,)."""
        names = [f"control {name}" for name in self.grid.varying]
        found = self.columns(*names)
        return {name: found[f"control {name}"].to_numpy() for name in self.grid.varying}

    def summary(self, direction: int = 1, by: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Return the spread of the answers, one row for all or one for each choice in `by`.

        Parameters
        ----------
        direction : {1, −1}
            The sign the claim expects.
        by : str or sequence of str, optional
            Axes such as ``"outcome"``.

        Returns
        -------
        DataFrame
            Counts, median and range, shares by sign and significance at 5%, share of sign flips and
            flagged specifications; without `by` also the axis that moves the answer most and, where
            the data are at hand and the batched engine can leave clusters out, the cluster whose
            absence does.
        """
        names = list(asked.names(by, "by="))
        asked.known(names, AXES, "by=")
        _check_direction(direction)
        if names:
            keys = sorted({tuple(option(b, name) for name in names) for b in self.grid.batches})
            rows = {
                key if len(names) > 1 else key[0]: shares(self._chosen(names, key), direction)
                for key in keys
            }
            return pd.DataFrame(rows).T.rename_axis(names)
        found: dict[str, Any] = dict(shares(self._chosen(), direction))
        moving = self.drivers()
        if len(moving):
            found["moved_most_by"] = moving["axis"].iloc[0]
            found["share_of_variance"] = moving["share_of_variance"].iloc[0]
        if self.data is not None and self._leaves_out():
            found["most_influential"] = self.influence().most
        return pd.DataFrame([found], index=["all"])

    def _leaves_out(self) -> bool:
        """Tell whether `influence` can be had: one way of clusters and a batched family."""
        families = (batch.family for batch in self.grid.batches)
        return len(self.setting.cluster) == 1 and any(map(self.setting.batched, families))

    def _chosen(self, axes: Sequence[str] = (), key: Sequence[str] = ()) -> Frames:
        """Return what gives the specifications with some options on some axes, in parts."""

        def frames() -> Iterator[pd.DataFrame]:
            for part in self.parts("estimate", "p_value", "flags", *axes):
                here = np.all(
                    [part[name] == one for name, one in zip(axes, key, strict=True)], axis=0
                )
                yield part[here] if axes else part

        return frames

    def drivers(self, of: str | None = None) -> pd.DataFrame:
        """Return which choices move the answer: each axis's share of its variance (η²).

        `of` is ``"estimate"``, or ``"statistic"`` where outcomes or families differ in scale (then
        the default).
        """
        mixed = any(len(self.axes[name]) > 1 for name in ("outcome", "family", "treatment"))
        chosen = of or ("statistic" if mixed else "estimate")
        if chosen not in ("estimate", "statistic"):
            raise BadModel(f"of= is 'estimate' or 'statistic'; found {cut(repr(of))}.")
        return drivers(lambda: self.parts(*self.axes, chosen), self.axes, chosen)

    def influence(self, limit: int = 60) -> Influence:
        """Return what becomes of the answers when each cluster is left out.

        `limit` specifications (drawn with the grid's seed) are fitted again without each cluster.
        """
        asked.whole(limit, "limit=", 1)
        with threadpool_limits(1, user_api="blas"):
            return influence(self._data(), self.grid, self.setting, limit, self.seed)

    def permute(
        self,
        draws: int = 500,
        direction: int = 1,
        seed: int | None = None,
        limit: int | None = None,
    ) -> Permutation:
        """Test the sharp null that the treatment has nothing to do with any outcome.

        Treatments are exchanged between clusters and the whole grid (or `limit` specifications of
        it) fitted again, `draws` times; see `pkstats.multiverse.permutation`. `direction` is the
        sign the claim expects, 1 or -1; equal `seed` gives equal draws.
        """
        from pkstats.multiverse.permutation import permute

        asked.whole(draws, "draws=", 1)
        _check_direction(direction)
        for name, value in (("seed=", seed), ("limit=", limit)):
            if value is not None:
                asked.whole(value, name, 0 if name == "seed=" else 1)
        return permute(self, draws, direction, self.seed if seed is None else seed, limit)

    def corrected(
        self, families: Mapping[str, Sequence[str]] | None = None, method: str = "holm"
    ) -> pd.DataFrame:
        """Return the frame with `p_corrected` over families of outcomes.

        Parameters
        ----------
        families : mapping of str to sequence of str, optional
            Registered families of outcomes; all outcomes are one by default. Within each, the
            outcomes of otherwise equal specifications are corrected together.
        method : {"bonferroni", "holm", "bh", "by"}
        """
        from pkstats.multiverse.corrections import corrected

        return corrected(self.frame, families, method)

    def estimate(self, specification: int) -> Estimate:
        """Return one specification as an `Estimate`, fitted by `pkstats.fit`.

        A separated logit or probit is fitted on the rows that Stata's rule leaves, as in `frame`.
        """
        batch, chosen = self.at(specification)
        frame = rows_of(self._data(), self.grid, self.setting, batch.sample)
        data = frame if self.panel is None else replace(self.panel, frame=frame)
        return checked(data, self.grid, batch, chosen, self.setting)[0]

    def at(self, specification: int) -> tuple[Batch, np.ndarray]:
        """Return a specification's batch, and which controls it has."""
        if not 0 <= asked.whole(specification, "A specification") < self.size:
            raise BadModel(f"Specifications run from 0 to {self.size - 1}; found {specification}.")
        left = specification
        for batch in self.grid.batches:
            if left < len(batch.sets):
                break
            left -= len(batch.sets)
        return batch, self.grid.sets[batch.sets[left]]

    def table(self, rows: int = 20) -> pd.DataFrame:
        """Return `rows` specifications evenly spread from the lowest to the highest estimate."""
        asked.whole(rows, "rows", 1)
        estimate = self.drawn("estimate")["estimate"]
        order = np.argsort(estimate.to_numpy(), kind="stable")[: estimate.notna().sum()]
        spread = np.unique(np.linspace(0, len(order) - 1, min(rows, len(order))).astype(int))
        places = estimate.index.to_numpy()[order[spread]]
        found = self._rows(np.sort(places), (*LABELS, *COLUMNS[:-1]))
        return found.loc[places].reset_index(drop=True)

    def plot(self, **options: Any) -> Figure:
        """Draw the specification curve with the dashboard of choices below it.

        `options` are those of `pkstats.multiverse.curve.draw`, such as ``ratio=True`` for odds ratios.
        """
        from pkstats.multiverse import curve

        return curve.draw(self, **options)

    def save(self, path: str | Path) -> Path:
        """Write the result to `path` as Parquet, with grid, setting and the hash of the data."""
        path = store.free(path)
        mark = self.hash
        if not mark and self.data is not None:
            mark = store.fingerprint(self.data, self.grid, self.setting)
        about = {"hash": mark, "seed": self.seed, "declared": dict(self.declared)}
        cited = {"sources": list(self.sources), "owed": list(self.owed)}
        with store.held(path):
            store.write(path, self.parts(*LABELS, *COLUMNS), {**about, **cited})
        return path

    def cite(self, style: str = "text") -> str:
        """Return the citations owed for the data behind it; `style` is text or bibtex."""
        from pkstats.codebook import cite

        return cite(self, style=style)

    def _data(self) -> pd.DataFrame:
        if self.data is None:
            raise BadModel(
                "This multiverse was reloaded without its data. Use reload(path, data) to refit."
            )
        return self.data

    def __len__(self) -> int:
        return self.size

    def __repr__(self) -> str:
        found = shares(self._chosen())
        axes = [
            f"{len(options)} × {name}"
            for name, options in self.axes.items()
            if len(options) > 1 and not name.startswith("control ")
        ]
        many = "specifications" if self.size > 1 else "specification"
        lines = [f"Multiverse: {self.size:,} {many}{': ' * bool(axes)}{', '.join(axes)}"]
        if self.grid.varying:
            lines.append(f"{len(self.grid.varying)} controls in or out")
        if found["estimated"]:
            lines.append(
                f"median {found['median']:.3g}, from {found['lowest']:.3g} to {found['highest']:.3g}; "
                f"{found['claimed_sign']:.0%} above zero, interval above zero in "
                f"{found['claimed_significant']:.0%}, below in {found['opposite_significant']:.0%}"
            )
        flags = Counter(flag for part in self.parts("flags") for flag in part["flags"] if flag)
        lines += [f"{count:,} {flag}" for flag, count in flags.most_common()]
        if found["without_error"]:
            lines.append(f"{found['without_error']:,} estimates without a standard error")
        lines += [f"! {cut(note, 300)}" for note in self.grid.notes[:5]]
        lines.append("! associations, not effects: missions are not sent at random")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = "<br>".join(map(for_html, repr(self).splitlines()))
        table = self.table(8).rename(columns=lambda name: name.replace("_", " "))
        if len(table) < self.size:
            head += (
                f"<br>Shown are {len(table)} of the {self.size:,} specifications, evenly spread from the "
                "lowest to the highest estimate."
            )
        return f"<p>{head}</p>{table.to_html(index=False, float_format='%.3g')}"


def _check_direction(direction: object) -> None:
    if isinstance(direction, bool) or direction not in (1, -1):
        raise BadModel(
            f"direction= is 1 or -1, the sign the claim expects; found {cut(repr(direction))}."
        )
