"""`bastion version`: which one this is.

What always holds: it is the version that was installed. What it does not do: ask a running bastion.
"""

import importlib.metadata

import typer


def version() -> None:
    """Print the version.

    For example:

        bastion version
    """
    typer.echo(importlib.metadata.version("bastion"))
