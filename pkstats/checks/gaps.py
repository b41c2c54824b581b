"""The rows: missing ones, repeated ones, and logarithms of zero."""

from __future__ import annotations

import ast

import numpy as np
import pandas as pd

from pkstats.checks.context import Context
from pkstats.checks.finding import Finding
from pkstats.models import Estimate, parse
from pkstats.models.formula import evaluate, label


def missing_rows(estimate: Estimate, context: Context) -> list[Finding]:
    """Find listwise deletion, and the column that causes most of it (trap 17)."""
    dropped, total = estimate.dropped, len(estimate.rows.kept)
    share = dropped / total
    if share <= 0.1:
        return []
    cause = ""
    if context.all_rows is not None:
        used = [*parse(estimate.formula).columns, *estimate.cluster.split(" and ")]
        columns = [name for name in dict.fromkeys(used) if name in context.all_rows]
        absent = context.all_rows[columns].isna()
        alone = absent[absent.sum(axis=1) == 1].sum()
        if len(columns) and absent.any().any():
            top = absent.sum().idxmax()
            cause = f" {top} lacks {int(absent[top].sum()):,}, {int(alone[top]):,} of them alone."
    return [
        Finding(
            "missing_rows",
            "serious" if share > 0.4 else "caution",
            f"{dropped:,} of {total:,} rows ({share:.0%}) dropped for missing values.{cause}",
            "Compare kept with dropped rows; put multiple imputation beside complete cases: "
            "pkstats.checks.beside_complete_cases(estimate).",
        )
    ]


def logarithm_of_zero(estimate: Estimate, context: Context) -> list[Finding]:
    """Find log(x + c) and log1p(x) of columns with many zeros (trap 11).

    Chen & Roth 2024 (Quarterly Journal of Economics 139: 891–936): with zeros the coefficient
    depends on the unit x happens to be in.
    """
    terms = parse(estimate.formula)
    nodes = [(factor, False) for term in terms.terms for factor in term]
    nodes += [(terms.outcome, True)] if terms.outcome is not None else []
    findings = []
    for node, is_outcome in nodes:
        inside = _offset(node)
        if inside is None:
            continue
        zeros = _zero_share(label(node), inside, is_outcome, estimate, context)
        if zeros > 0.05:
            findings.append(
                Finding(
                    "logarithm_of_zero",
                    "serious" if is_outcome else "caution",
                    f"{label(node)} adds {inside[1]:g} before the logarithm, and {zeros:.0%} of rows "
                    "are zero: the estimate depends on that offset.",
                    "Use presence and the logarithm of positive values, levels or a count model; "
                    "show other offsets.",
                )
            )
    return findings


def _offset(node: ast.expr) -> tuple[ast.expr, float] | None:
    """Return what stands inside a logarithm and the constant added to it."""
    for call in ast.walk(node):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        if call.func.id == "log1p":
            return call.args[0], 1.0
        inside = call.args[0]
        if (
            call.func.id == "log"
            and isinstance(inside, ast.BinOp)
            and isinstance(inside.op, ast.Add)
        ):
            for part, other in ((inside.left, inside.right), (inside.right, inside.left)):
                if isinstance(part, ast.Constant) and isinstance(part.value, (int, float)):
                    return other, float(part.value)
    return None


def _zero_share(
    name: str, inside: tuple[ast.expr, float], outcome: bool, estimate: Estimate, context: Context
) -> float:
    if context.frame is not None:
        return float(
            (evaluate(inside[0], context.frame, estimate.formula, plain=False) == 0).mean()
        )
    if outcome:
        values = estimate.rows.outcome
    elif name in estimate.rows.names:
        values = context.column(name)
    else:
        return 0.0
    return float(np.isclose(values, np.log(inside[1]), rtol=0, atol=1e-12).mean())


def repeated_rows(estimate: Estimate, context: Context) -> list[Finding]:
    """Find units of analysis that are in the data more than once (trap 15)."""
    columns: list[str] = list(context.unit or getattr(context.data, "key", None) or ())
    frame = context.frame
    if frame is None or not columns:
        return []
    again = frame.duplicated(columns)
    if not again.any():
        return []
    first = ", ".join(str(value) for value in frame.loc[again, columns].iloc[0])
    return [
        Finding(
            "repeated_rows",
            "serious",
            f"{int(again.sum()):,} of {len(frame):,} rows repeat a unit ({', '.join(columns)}), the "
            f"first for {first}.",
            "Aggregate to one row per unit before fitting.",
        )
    ]


def repeated_outcome(estimate: Estimate, context: Context) -> list[Finding]:
    """Find monthly rows whose outcome is that of the whole year, in every month of it (trap 6).

    The rows then say twelve times what is known once, and a yearly count stands where a monthly one
    is read.
    """
    frame, outcome = context.frame, estimate.formula.partition("~")[0].strip()
    if frame is None or outcome not in frame or not {"mission_id", "month"} <= set(frame):
        return []
    if not isinstance(frame["month"].dtype, pd.PeriodDtype):
        return []
    groups = frame.groupby(["mission_id", frame["month"].dt.year], sort=False)[outcome]
    if len(groups) > len(frame) / 2 or frame[outcome].nunique() < 2 or (groups.nunique() > 1).any():
        return []
    return [
        Finding(
            "repeated_outcome",
            "serious",
            f"{outcome} is the same in all months of a mission's year: {len(frame):,} rows hold "
            f"{len(groups):,} values, and a yearly figure is read as a monthly one.",
            "Fit by mission-year, or bring a monthly outcome (events read with "
            "pkstats.read('ged', path), summed by month).",
        )
    ]
