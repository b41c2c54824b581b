"""Estimate: what a fitted model says, with its conventions and its limits beside it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from pkstats.codebook import cite
from pkstats.models.numbers import Numbers

FEW_CLUSTERS = 40


@dataclass(frozen=True)
class Estimate:
    """Coefficients of one model: an association, with standard errors named by convention."""

    formula: str
    family: str
    vcov: str
    cluster: str
    terms: tuple[str, ...]
    numbers: Numbers = field(repr=False)
    nobs: int
    dropped: int
    clusters: int
    conf_level: float
    sources: tuple[str, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """Return one row per term: estimate, std_error, statistic, p_value, conf_low, conf_high.

        Least squares use Student's t (G−1 degrees of freedom when clustered), likelihood models the
        normal distribution.
        """
        estimate = self.numbers.coefficients
        error = np.sqrt(np.diag(self.numbers.covariance))
        statistic = estimate / error
        law = self._law()
        half = law.ppf(0.5 + self.conf_level / 2) * error
        return pd.DataFrame(
            {
                "term": list(self.terms),
                "estimate": estimate,
                "std_error": error,
                "statistic": statistic,
                "p_value": 2 * law.sf(np.abs(statistic)),
                "conf_low": estimate - half,
                "conf_high": estimate + half,
            }
        )

    def _law(self) -> stats.rv_continuous:
        if self.numbers.likelihood_model:
            return stats.norm()
        freedom = self.clusters - 1 if self.clusters else self.nobs - len(self.terms)
        return stats.t(freedom)

    def glance(self) -> pd.DataFrame:
        """Return one row: nobs, clusters, log_likelihood, aic, bic, r_squared, family, vcov, dropped."""
        count = len(self.terms) + (self.family == "ols")
        likelihood = self.numbers.log_likelihood
        name = "r_squared" if self.family == "ols" else "pseudo_r_squared"
        return pd.DataFrame(
            {
                "nobs": [self.nobs],
                "clusters": [self.clusters],
                "log_likelihood": [likelihood],
                "aic": [2 * count - 2 * likelihood],
                "bic": [np.log(self.nobs) * count - 2 * likelihood],
                name: [self.numbers.r_squared],
                "family": [self.family],
                "vcov": [self.vcov],
                "dropped": [self.dropped],
            }
        )

    def warnings(self) -> list[str]:
        """Return what a reader must know before using the numbers."""
        found = ["association, not effect: missions are not sent at random"]
        if self.clusters and self.clusters < FEW_CLUSTERS:
            found.append(
                f"{self.clusters} clusters only (under {FEW_CLUSTERS}): CR1 intervals are too narrow"
            )
        if self.nobs < 10 * len(self.terms):
            found.append(f"small sample: {self.nobs} rows for {len(self.terms)} terms")
        share = self.dropped / (self.dropped + self.nobs)
        if share > 0.1:
            found.append(f"{share:.0%} of rows dropped for missing values ({self.dropped:,})")
        return found

    def cite(self, style: str = "text") -> str:
        """Return the citations owed for the data behind the estimate."""
        return cite(list(self.sources), style=style)

    def _head(self) -> str:
        clustered = f", {self.clusters} clusters by {self.cluster}" if self.clusters else ""
        return (
            f"{self.family}: {self.formula}\n{self.nobs:,} rows{clustered}, "
            f"{self.vcov} standard errors, {self.dropped:,} rows dropped"
        )

    def __repr__(self) -> str:
        table = self.tidy().to_string(index=False, float_format=lambda value: f"{value:.3f}")
        notes = "\n".join(f"! {text}" for text in self.warnings())
        return f"{self._head()}\n{table}\n{notes}"

    def _repr_html_(self) -> str:
        table = self.tidy().to_html(index=False, float_format=lambda value: f"{value:.3f}")
        head = "<br>".join(self._head().splitlines())
        notes = "".join(f"<li>{text}</li>" for text in self.warnings())
        return f"<p>{head}</p>{table}<ul>{notes}</ul>"
