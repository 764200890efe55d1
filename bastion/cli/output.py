"""How every command speaks: tables for people, JSON for scripts, one sentence for an error.

What always holds: results go to stdout, everything else to stderr; colours go only to a terminal
and not with NO_COLOR (Rich sees to both); text from outside is made printable before it is shown.
Exit codes: 0 done, 1 refused or failed, 2 wrong usage.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bastion.printable import printable

OUT = Console()
ERR = Console(stderr=True)


def emit_json(value: Any) -> None:
    """*value* as JSON on stdout, for scripts: stable keys, no colour.

    Everything but ASCII is escaped, because a script's output may end on a terminal.
    """
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table for people; every cell is made printable."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(printable(cell)) for cell in row))
    OUT.print(drawn)


def facts(pairs: Mapping[str, str]) -> None:
    """Names and values, one a line, aligned; every value is made printable."""
    width = max(map(len, pairs), default=0)
    for name, value in pairs.items():
        OUT.print(f"[bold]{name:<{width}}[/]  ", Text(printable(value)), sep="", soft_wrap=True)


def counted(number: int, one: str, many: str = "") -> str:
    """*number* with its noun: `1 host`, `2 hosts`; *many* is for a plural without its s."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def note(sentence: str) -> None:
    """Something a person should know, on stderr; it is made printable.

    The terminal breaks its lines, not we: commands and paths in it can be copied whole.
    """
    ERR.print(Text(printable(sentence)), soft_wrap=True)


def stop(sentence: str, code: int = 1) -> NoReturn:
    """End the command with one *sentence* on stderr."""
    complain(sentence)
    raise typer.Exit(code)


def complain(sentence: str) -> None:
    """What went wrong, on stderr, in one line; it is made printable."""
    ERR.print(Text.assemble(("bastion:", "bold red"), " ", printable(sentence)), soft_wrap=True)


def local_time(at: float) -> str:
    """Unix seconds *at* as a person's local time."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
