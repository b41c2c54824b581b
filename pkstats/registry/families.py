"""Which missions follow which, and the families that this makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pkstats.errors import BadData

SEPARATOR = ";"


def named(text: str) -> tuple[str, ...]:
    """Return the missions that a cell names, such as `UNOSOM I; UNITAF`."""
    return tuple(name.strip() for name in text.split(SEPARATOR) if name.strip())


def chain(start: str, links: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return all that can be reached from a mission along its links, nearest first."""
    found: dict[str, None] = {}
    nearest = list(links.get(start, ()))
    while nearest:
        fresh = [name for name in dict.fromkeys(nearest) if name not in found and name != start]
        found.update(dict.fromkeys(fresh))
        nearest = [name for found_name in fresh for name in links.get(found_name, ())]
    return tuple(found)


def reverse(links: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Return successors from predecessors, in the order of the successors given."""
    found: dict[str, list[str]] = {}
    for name, before in links.items():
        for earlier in before:
            found.setdefault(earlier, []).append(name)
    return {name: tuple(after) for name, after in found.items()}


def families(theatres: Mapping[str, str], links: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Return the family of every mission.

    Missions are of one family when one took over from the other, whole or in part, or when they
    served the same theatre, and so on from mission to mission.

    Parameters
    ----------
    theatres : mapping of str to str
        The theatre of each mission, missions in order of their start.
    links : mapping of str to iterable of str
        The predecessors of each mission.

    Returns
    -------
    dict of str to str
        A family is called by the theatre of its first mission.

    Raises
    ------
    BadData
        When a predecessor is not in the registry.
    """
    place = {name: number for number, name in enumerate(theatres)}
    first = list(range(len(place)))

    def root(number: int) -> int:
        while first[number] != number:
            number = first[number]
        return number

    def join(one: int, other: int) -> None:
        low, high = sorted((root(one), root(other)))
        first[high] = low

    seen: dict[str, int] = {}
    for name, theatre in theatres.items():
        join(place[name], seen.setdefault(theatre, place[name]))
        for earlier in links.get(name, ()):
            if earlier not in place:
                raise BadData(
                    f"The registry names {earlier!r} as a predecessor of {name}, but has no such "
                    "mission. Add its row, or mend the name (several are parted by a semicolon)."
                )
            join(place[name], place[earlier])
    names = list(theatres.values())
    return {name: names[root(number)] for name, number in place.items()}
