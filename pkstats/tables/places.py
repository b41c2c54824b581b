"""Where the tables live: a checkout's `data`, or the installed package and a cache folder."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
CHECKOUT = PACKAGE.parent


def in_checkout() -> bool:
    """Tell whether the package runs from a checkout rather than an installed wheel."""
    return (CHECKOUT / "pyproject.toml").exists() and (CHECKOUT / "data" / "raw").is_dir()


def own_raw() -> Path:
    """Return the folder of raw tables that came with the package, in the checkout or the wheel."""
    return CHECKOUT / "data" / "raw" if in_checkout() else PACKAGE / "data" / "raw"


def raw_folder() -> Path:
    """Return the folder of raw tables: `PKSTATS_RAW` names it; otherwise the package's own."""
    chosen = os.environ.get("PKSTATS_RAW")
    return Path(chosen).expanduser() if chosen else own_raw()


def processed_folder() -> Path:
    """Return the folder of processed tables.

    `PKSTATS_DATA` names it; otherwise a checkout uses `data/processed` and an installed wheel the
    user's cache folder.
    """
    if chosen := os.environ.get("PKSTATS_DATA"):
        return Path(chosen).expanduser()
    if in_checkout():
        return CHECKOUT / "data" / "processed"
    from platformdirs import user_cache_path

    from pkstats import __version__

    return user_cache_path("pkstats") / __version__
