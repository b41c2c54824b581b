"""Estimate: what a fitted model says, with its conventions and its limits beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import special

from pkstats.codebook import cite
from pkstats.models.lonely import without_error
from pkstats.models.rows import Rows
from pkstats.models.sample import Fitted
from pkstats.text import cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pkstats.models.survivors import Times
    from pkstats.panel import Panel

FEW_CLUSTERS = 40


@dataclass(frozen=True)
class Estimate:
    """Coefficients of one model: an association, with standard errors named by convention.

    Attributes
    ----------
    found : Fitted
        What the family found.
    covariance : array, shape (p, p)
    freedom : array, shape (p,), or None
        Satterthwaite degrees of freedom, with CR2.
    rows : Rows
        The complete rows the model rests on.
    options : mapping
        Family options of the fit, such as ``ties``.
    data : DataFrame or Panel
        What the model was fitted on, rows with missing values included.
    """

    formula: str
    family: str
    vcov: str
    cluster: str
    found: Fitted = field(repr=False)
    covariance: np.ndarray = field(repr=False)
    freedom: np.ndarray | None = field(repr=False)
    conf_level: float
    sources: tuple[str, ...] = ()
    rows: Rows = field(repr=False, kw_only=True)
    options: Mapping[str, Any] = field(repr=False, kw_only=True)
    data: pd.DataFrame | Panel = field(repr=False, kw_only=True)

    @property
    def owed(self) -> tuple[str, ...]:
        """Citations of the user's own tables among the data."""
        return getattr(self.data, "owed", ())

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the parameters, in order."""
        return self.found.names

    @property
    def nobs(self) -> int:
        """Number of complete rows, or the sum of frequency weights."""
        return len(self.rows.design)

    @property
    def dropped(self) -> int:
        """Number of rows dropped for missing values or weights of zero."""
        return self.rows.dropped

    @property
    def clusters(self) -> int:
        """Number of clusters; 0 without clustering."""
        return self.rows.cluster_count

    @cached_property
    def lonely(self) -> np.ndarray:
        """Which parameters have no robust error, shape (p,): their terms rest on one cluster alone."""
        return without_error(self.rows, self.family, len(self.terms), self.vcov)

    def tidy(self) -> pd.DataFrame:
        """Return one row per term: estimate, std_error, statistic, p_value, conf_low, conf_high.

        Least squares use Student's t (G−1 degrees of freedom when clustered, Satterthwaite's with
        CR2), likelihood models the normal distribution; Firth's logit the profile likelihood,
        unless a robust variance was asked for. A term that rests on one cluster alone, as a dummy of
        it does, has no clustered error: it is missing.
        """
        estimate = self.found.coefficients
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.sqrt(np.diag(self.covariance))
            error[self.lonely] = np.nan
            statistic = estimate / error
        p_value, half = self._inference(statistic)
        columns = {
            "term": list(self.terms),
            "estimate": estimate,
            "std_error": error,
            "statistic": statistic,
            "p_value": p_value,
            "conf_low": estimate - half * error,
            "conf_high": estimate + half * error,
        }
        own = self.found.intervals if self.vcov == "classical" else None
        return pd.DataFrame({**columns, **(own or {})})

    def _inference(self, statistic: np.ndarray) -> tuple[np.ndarray, np.ndarray | float]:
        """Return two-sided p values (p,) and how many standard errors an interval reaches."""
        upper = 0.5 + self.conf_level / 2
        if self.freedom is None and self.found.likelihood:
            return 2 * special.ndtr(-np.abs(statistic)), special.ndtri(upper)
        clustered = self.vcov.startswith("cr")
        plain = self.clusters - 1 if clustered else self.nobs - len(self.terms)
        freedom = np.asarray(plain if self.freedom is None else self.freedom)
        return 2 * special.stdtr(freedom, -np.abs(statistic)), special.stdtrit(freedom, upper)

    def glance(self) -> pd.DataFrame:
        """Return one row: nobs, clusters, log_likelihood, aic, bic, r_squared, family, vcov and more.

        With probability weights, scaled to a mean of one, the likelihood is a pseudo-likelihood.
        """
        count = len(self.terms) + (self.family == "ols")
        likelihood = self.found.log_likelihood
        row = {
            "nobs": self.nobs,
            "clusters": self.clusters,
            "log_likelihood": likelihood,
            "aic": 2 * count - 2 * likelihood,
            "bic": np.log(self.nobs) * count - 2 * likelihood,
            **self.found.statistics,
            "family": self.family,
            "vcov": self.vcov,
            "weights": self.rows.weighing,
            "dropped": self.dropped,
        }
        return pd.DataFrame([row])

    def effects(self, times: Times | None = None) -> pd.DataFrame:
        """Return average marginal effects of every variable in the formula.

        Numeric variables: mean slope of the expected outcome. Variables of 0 and 1 and categories:
        mean difference. Every complete row counts once, whatever its weight. Standard errors by the
        delta method from the estimate's own covariance. Expected are outcomes, counts (zinb and
        hurdle: of both parts together, at each row's exposure) or probabilities of each category;
        for cox the probability of survival to a time, each row's terms held as they are.

        Parameters
        ----------
        times : float or sequence of float, optional
            For cox, in the unit of its times; by default the median time of the events.

        Returns
        -------
        DataFrame
            term, contrast, (category or time), effect, std_error, statistic, p_value, conf_low,
            conf_high.
        """
        from pkstats.models.effects import effects

        return effects(self, times)

    def predict(
        self,
        data: pd.DataFrame | Panel | None = None,
        *,
        kind: str = "mean",
        times: Times | None = None,
    ) -> np.ndarray:
        """Return expected outcomes (n,) or probabilities (n, m).

        On the model's own rows, or on new data coded as the old were; missing where a value is, or
        where a category is new. Counts on new data are per unit of exposure; mixed models leave the
        groups' intercepts out. Cox gives the hazard relative to a row at the mean of the terms, whose
        logarithm is the linear predictor; with `times` the probability of survival.

        Parameters
        ----------
        data : DataFrame or Panel, optional
        kind : {"mean", "zero"}
            `zero`, for counts, is the probability of a count of zero.
        times : float or sequence of float, optional
            For cox, in the unit of its times, from 0 to the last observed: one column each.
        """
        from pkstats.models.effects import predict

        return predict(self, data, kind=kind, times=times)

    def plot(self, labels: Mapping[str, str] | None = None) -> Axes:
        """Draw the coefficients (without the constant) with their intervals.

        Parameters
        ----------
        labels : mapping of str to str, optional
            What to write for a term.
        """
        from pkstats.models.present import coefficient_plot

        return coefficient_plot(self, labels or {})

    def warnings(self) -> list[str]:
        """Return what a reader must know before using the numbers."""
        found = ["association, not effect: missions are not sent at random"]
        if self.vcov == "cr1" and self.clusters < FEW_CLUSTERS:
            found.append(
                f"{self.clusters} clusters only (under {FEW_CLUSTERS}): CR1 intervals are too narrow"
            )
        if self.cluster and not self.vcov.startswith("cr"):
            found.append(f"{self.vcov} standard errors leave the clusters ({self.cluster}) out")
        if (np.diag(self.covariance) < 0).any():
            names = ", ".join(np.array(self.terms)[np.diag(self.covariance) < 0])
            found.append(
                f"two-way clustered variance below zero for {names}: one way has too few clusters, "
                "cluster by the other alone"
            )
        if self.rows.weights is not None:
            found.append(
                f"{self.rows.weighing}, scaled to a mean of one: the log likelihood is a "
                "pseudo-likelihood" * self.found.likelihood
            )
        if self.lonely.any():
            names = np.array(self.terms)[self.lonely]
            more = f" and {len(names) - 3} more terms" if len(names) > 3 else ""
            unit = "cluster" if self.vcov.startswith("cr") else "row"
            found.append(
                f"no {self.vcov} error for {cut(', '.join(names[:3]))}{more}: what one {unit} alone "
                f"tells about has no spread across {unit}s"
            )
        if self.nobs < 10 * len(self.terms):
            found.append(f"small sample: {self.nobs} rows for {len(self.terms)} terms")
        share = self.dropped / len(self.rows.kept)
        if share > 0.1:
            found.append(f"{share:.0%} of rows dropped for {self.rows.reasons} ({self.dropped:,})")
        return found

    def cite(self, style: str = "text") -> str:
        """Return the citations owed for the data behind the estimate; `style` is text or bibtex."""
        return cite(self, style=style)

    def __repr__(self) -> str:
        from pkstats.models.present import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from pkstats.models.present import as_html

        return as_html(self)

    @property
    def __maketables_coef_table__(self) -> pd.DataFrame:
        from pkstats.models.protocol import coefficient_table

        return coefficient_table(self)

    def __maketables_stat__(self, key: str) -> object:
        from pkstats.models.protocol import statistic

        return statistic(self, key)

    @property
    def __maketables_default_stat_keys__(self) -> list[str]:
        from pkstats.models.protocol import shown

        return shown(self)

    @property
    def __maketables_stat_labels__(self) -> dict[str, str]:
        return {"family": "Model", "se_type": "Standard errors"}

    @property
    def __maketables_var_labels__(self) -> dict[str, str]:
        from pkstats.models.protocol import label_names

        return label_names(self)

    @property
    def __maketables_depvar__(self) -> str:
        from pkstats.models.protocol import outcome

        return outcome(self)

    @property
    def __maketables_vcov_info__(self) -> dict[str, str]:
        return {"vcov_type": self.vcov, "clustervar": self.cluster}
