"""The command line, put together: one file a group of commands.

What always holds: completion and `--help` come for every command; a traceback never shows values; a
command is imported when it is asked for, so that `bastion status` does not wait for a server's
libraries. What it does not do: work of its own.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from bastion.cli.help_text import lay_out

# Where each command is: a function, or the Typer of a group, in a module of bastion.cli.
_PLACES = {
    "Engineers": {
        "login": "client:login",
        "logout": "client:logout",
        "status": "client:status",
        "request": "request:request",
        "ssh-config": "client:ssh_config_",
    },
    "Security": {
        "sessions": "sessions:app",
        "replay": "sessions:replay",
        "verify": "sessions:verify",
        "lock": "locks:lock",
        "unlock": "locks:unlock",
        "locks": "locks:locks",
        "requests": "requests:requests",
        "revoke": "requests:revoke",
    },
    "Operators": {
        "quickstart": "quickstart:quickstart",
        "serve": "server:serve",
        "init": "server:init",
        "health": "health:health",
        "rules": "rules:app",
        "explain": "explain:explain",
        "access": "access:app",
        "hosts": "hosts:app",
        "keys": "keys:app",
        "ca": "ca:app",
        "config": "server:config_app",
        "version": "version:version",
    },
}


class _Commands(Mapping[str, Any]):
    """Every command by its name, made when it is looked up."""

    def __init__(self) -> None:
        self._places = {
            name: (panel, place)
            for panel, places in _PLACES.items()
            for name, place in places.items()
        }

    def __getitem__(self, name: str) -> Any:
        panel, place = self._places[name]
        module, _, attribute = place.partition(":")
        found = getattr(import_module(f"bastion.cli.{module}"), attribute)
        alone = typer.Typer()
        if isinstance(found, typer.Typer):
            alone.add_typer(found, name=name, rich_help_panel=panel)
        else:
            alone.command(name, rich_help_panel=panel)(found)
        return lay_out(get_group(alone).commands[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class _OnDemand(TyperGroup):
    """A group of commands that are made when they are looked up."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        lay_out(self)
        self.commands = _Commands()  # type: ignore[assignment]  # nothing is added to it


app = typer.Typer(
    name="bastion",
    cls=_OnDemand,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def bastion() -> None:
    """An SSH bastion for GPU and model hosts: identity, judged commands, approvals, a record.

    For example:

        bastion quickstart            # all of it on this machine, to try

        bastion login && ssh gpu-01

        bastion replay                # what was done, in the terminal
    """
