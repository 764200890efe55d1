"""What several commands take: the configuration file, JSON instead of a table, a duration.

What always holds: an option that means the same is the same everywhere. What it does not do: hold
what one group of commands alone takes.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from bastion.config import Config, environment, load
from bastion.duration import LONGEST_SECONDS, seconds_of

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        help="The configuration file; else $BASTION_CONFIG or /etc/bastion/config.toml.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="For scripts: JSON on stdout.")]


def how_long(said: str) -> Any:
    """The option `--for`: a duration, of which its help has *said* what it is."""
    return typer.Option("--for", parser=duration, metavar="DURATION", help=f"How long: {said}")


def configuration(path: Path | None) -> Config:
    """The configuration that a command works with; raises ConfigError."""
    return load(path or environment().config)


def duration(text: str) -> int:
    """The seconds of a duration such as `1h30m`; ends the command where it is none."""
    seconds = seconds_of(text)
    if seconds is None:
        raise typer.BadParameter(f"{text!r} is no duration; write 90m, 12h, 1h30m or 7d")
    if seconds > LONGEST_SECONDS:
        raise typer.BadParameter("that is longer than a hundred years")
    return seconds
