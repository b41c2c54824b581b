"""What a caller may ask for: names and whole numbers, refused plainly where they are something else."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import Any

from pkstats.errors import BadModel, suggestion
from pkstats.text import cut


def whole(value: Any, name: str, least: int | None = None) -> int:
    """Return a whole number, at least `least`.

    Raises
    ------
    BadModel
        For anything else.
    """
    number = isinstance(value, Integral) and not isinstance(value, bool)
    if not number or (least is not None and value < least):
        bound = "" if least is None else f", at least {least}"
        raise BadModel(f"{name} is a whole number{bound}; found {cut(repr(value))}.")
    return int(value)


def names(values: Any, name: str) -> tuple[str, ...]:
    """Return one name or several as a tuple; None is none.

    Raises
    ------
    BadModel
        For anything but texts.
    """
    listed = () if values is None else (values,) if isinstance(values, str) else values
    if not isinstance(listed, Iterable) or not all(isinstance(one, str) for one in listed):
        raise BadModel(f"{name} takes a name or a list of names; found {cut(repr(values))}.")
    return tuple(listed)


def known(values: Iterable[Any], among: Iterable[str], name: str) -> None:
    """Raise BadModel for the first of some values that is not among the names known."""
    listed = list(among)
    for value in values:
        if not isinstance(value, str) or value not in listed:
            near = suggestion(value, listed) if isinstance(value, str) else ""
            raise BadModel(
                f"{name} takes {cut(', '.join(listed), 600)}; found {cut(repr(value))}.{near}"
            )
