"""`pkstats compile | build | figures | codebook | tables`: what the Makefile calls."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path

from pkstats.errors import PkstatsError
from pkstats.text import show_on

# Generated pages of the documentation: the module and function that write each.
PAGES = {
    "codebook": ("pkstats.codebook", "codebook_page"),
    "checked": ("pkstats.models.checked", "checked_page"),
    "evidence": ("pkstats.study.pages.evidence", "evidence_page"),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pkstats", description="Outcomes of peacekeeping missions: data, models, figures."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("compile", help="publishers' files → data/raw")
    command.add_argument("folder", type=Path, help="folder that holds the publishers' files")
    command.add_argument("--target", type=Path, help="where the raw tables go")
    command.add_argument(
        "--force", action="store_true", help="take files with less than the rows they replace"
    )
    command.add_argument("--verbose", action="store_true", help="print every reader's report")
    command = commands.add_parser("build", help="data/raw → data/processed")
    command.add_argument("--force", action="store_true", help="build even when nothing changed")
    command = commands.add_parser("figures", help="fit the first models and draw the figures")
    command.add_argument("--out", type=Path, default=Path("figures"), help="folder for SVG and PNG")
    command.add_argument("--only", nargs="+", default=(), metavar="NAME", help="these figures only")
    command.add_argument("--force", action="store_true", help="draw even what has not changed")
    command.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="draw so many at once"
    )
    for page in PAGES:
        command = commands.add_parser(page, help=f"write the page docs/{page}.md")
        command.add_argument("--out", type=Path, default=Path("docs", f"{page}.md"))
    commands.add_parser("tables", help="list the processed tables")
    return parser


def _run(options: argparse.Namespace) -> None:
    if options.command == "compile":
        from pkstats.tables import compile_sources

        done = compile_sources(options.folder, options.target, options.force)
        if options.verbose:
            print(done)
        else:
            for name, count in done.rows.items():
                print(f"{name:<20}{count:>9,} rows")
            for report in done.reports:
                print(repr(report).splitlines()[0])
            for note in done.notes():
                print(note)
    elif options.command == "build":
        from pkstats.tables import build

        print(build(force=options.force))
    elif options.command == "figures":
        from pkstats.study.gallery import draw_all

        for path in draw_all(options.out, options.only, options.force, options.processes):
            print(path)
    elif options.command in PAGES:
        from pkstats.cache import writable, write_atomically

        home, function = PAGES[options.command]
        text = getattr(import_module(home), function)()
        write_atomically(writable(options.out.parent) / options.out.name, text.encode())
        print(options.out)
    else:
        from pkstats.tables import tables

        print(tables().drop(columns=["sources"]).to_string(index=False))


def main(arguments: list[str] | None = None) -> int:
    """Run one command; user errors are printed without a stack trace and give exit code 1.

    Signs that the terminal's encoding lacks are printed as plain ones.
    """
    for stream in (sys.stdout, sys.stderr):
        show_on(stream)
    options = _parser().parse_args(arguments)
    try:
        _run(options)
        sys.stdout.flush()
    except PkstatsError as problem:
        print(f"pkstats {options.command}: {problem}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python would complain again when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
