"""`bastion hosts`: which hosts there are, and how a new one gets its pinned key.

What always holds: nobody's key is trusted silently: a key is pinned after a person has compared its
fingerprint and said yes, or where a script names the fingerprint itself; what is written can be
loaded with all that was there before, or it is not written. What it does not do: change a host that
stands in the inventory.
"""

import asyncio
import json as json_
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from bastion.audit.entry import AuditCode
from bastion.cli.operator import operator
from bastion.cli.options import ConfigOption, JsonOption, configuration
from bastion.cli.output import emit_json, note, stop, table
from bastion.config import Config
from bastion.errors import RulesError
from bastion.policy import inventory
from bastion.printable import printable
from bastion.state import State
from bastion.target import Family, Target
from bastion.upstream.hostkeys import fingerprints
from bastion.upstream.scan import Presented, scan

app = typer.Typer(no_args_is_help=True)

_SSH_PORT = 22
_COLUMNS = ("NAME", "ADDRESS", "METHOD", "CREDENTIAL", "VIA", "PINNED")


@app.callback()
def hosts_() -> None:
    """The inventory, and new hosts for it.

    For example:

        bastion hosts scan 10.0.0.11 --as gpu-01    # shows its key, asks, adds it

        bastion hosts list
    """


@dataclass(frozen=True)
class _Place:
    """Where a host is to be found."""

    address: str
    port: int

    @property
    def text(self) -> str:
        return f"{self.address} port {self.port}"


@app.command("list")
def list_(
    config: ConfigOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Show the inventory: where hosts are, how they are opened, what is pinned.

    For example:

        bastion hosts list

        bastion hosts list --json | jq -r '.[].name'
    """
    rows = [_shown(target) for target in inventory.load(configuration(config).hosts_file)]
    if json:
        emit_json(rows)
    elif rows:
        table(_COLUMNS, map(_cells, rows))
    else:
        note("There are no hosts yet; `bastion hosts scan HOST` pins the first.")


@app.command("scan")
def scan_(
    hosts: Annotated[list[str], typer.Argument(help="HOST, HOST:PORT or [ADDRESS]:PORT.")],
    name: Annotated[
        str, typer.Option("--as", help="Its name in the inventory; else the address.")
    ] = "",
    fingerprint: Annotated[
        list[str] | None,
        typer.Option(help="A fingerprint (SHA256:…) that you know is right; for scripts."),
    ] = None,
    family: Annotated[Family, typer.Option(help="Addresses to dial.")] = Family.ANY,
    *,
    write: Annotated[
        bool, typer.Option("--write", help="With --fingerprint: add it to the inventory.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Show the host keys of new hosts, ask, and pin them.

    For example:

        bastion hosts scan 10.0.0.11 --as gpu-01

        bastion hosts scan 10.0.0.11 --as gpu-01 --fingerprint SHA256:… --write
    """
    settings = configuration(config)
    if name and len(hosts) > 1:
        stop("--as names one host", 2)
    if write and not fingerprint:
        stop("--write needs --fingerprint: no key is trusted unseen", 2)
    for host in hosts:
        place = _place(host)
        seconds = settings.upstream.connect_seconds
        found = asyncio.run(scan(place.address, place.port, family, seconds))
        _decide(settings, name or place.address.lower(), place, found, fingerprint, write=write)


def _decide(
    settings: Config,
    name: str,
    place: _Place,
    found: Sequence[Presented],
    known: Sequence[str] | None,
    *,
    write: bool,
) -> None:
    """Pin what is known or what a person says yes to."""
    if write or not known:  # else stdout is the block alone, for a script
        typer.echo(f"{printable(name)}: {printable(place.text)} presents")
        # Two columns: a fingerprint that is to be compared by eye fits a line of any terminal.
        table(("KIND", "FINGERPRINT"), [[one.kind, one.fingerprint] for one in found])
    if known:
        pinned = [one for one in found if one.fingerprint in known]
        if not pinned:
            stop(f"{printable(place.text)} presents no key of that fingerprint; nothing was pinned")
        block = _block(name, place, pinned)
        if not write:
            typer.echo(block, nl=False)
            return
    else:
        if not sys.stdin.isatty():
            stop("there is nobody to ask; name the right --fingerprint")
        note("Compare with what the host itself says: ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub")
        if not typer.confirm(f"Are these the keys of {printable(name)}? Pin them?"):
            stop("nothing was pinned")
        pinned = list(found)
        block = _block(name, place, pinned)
    _append(settings, name, block, pinned)


def _append(settings: Config, name: str, block: str, pinned: Sequence[Presented]) -> None:
    """Add *block* to the inventory; raises RulesError where the whole could not be loaded then."""
    inventory_path = settings.hosts_file
    # Of a folder, all files are the inventory: what is scanned has one of its own.
    path = inventory_path / "scanned.toml" if inventory_path.is_dir() else inventory_path
    before = path.read_text() if path.exists() else ""
    gap = "\n" if before and not before.endswith("\n\n") else ""
    added = ("\n" if before and not before.endswith("\n") else "") + gap + block
    _check(inventory_path, path, before + added)
    with operator(State(settings.state_dir)) as here:
        here.note(
            AuditCode.HOST_ADDED,
            host=name,
            pinned=[f"{one.kind} {one.fingerprint}" for one in pinned],
        )
        with path.open("a") as file:
            file.write(added)
    note(f"{name}: added to {path}; a running bastion takes it up within seconds")


def _check(inventory_path: Path, path: Path, text: str) -> None:
    """End here where the inventory could not be loaded with *text* in the file at *path*."""
    with tempfile.TemporaryDirectory() as folder:
        if inventory_path.is_dir():
            for file in inventory_path.glob("*.toml"):
                shutil.copyfile(file, Path(folder) / file.name)
        (Path(folder) / path.name).write_text(text)
        draft = Path(folder) if inventory_path.is_dir() else Path(folder) / path.name
        try:
            inventory.load(draft)
        except RulesError as error:
            shown = str(error).replace(str(draft), str(inventory_path))
            stop(f"nothing was added: {printable(shown)}")


def _block(name: str, place: _Place, pinned: Sequence[Presented]) -> str:
    """The host as hosts.toml has it; a JSON string is a TOML string."""
    keys = "".join(f"    {json_.dumps(one.line)},\n" for one in pinned)
    return (
        f"[[host]]\nname = {json_.dumps(name)}\naddress = {json_.dumps(place.address)}\n"
        f"port = {place.port}\nhost_keys = [\n{keys}]\n"
    )


def _place(text: str) -> _Place:
    """Where *text* points to; an IPv6 address with a port stands in brackets."""
    if text.startswith("["):
        address, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":")
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    else:
        address, port = text, ""
    number = int(port) if port.isascii() and port.isdigit() else 0
    if not address or (port and not 1 <= number <= 65535):  # noqa: PLR2004  TCP ports
        stop(f"{printable(text)!r} is no HOST, HOST:PORT or [ADDRESS]:PORT", 2)
    return _Place(address, number or _SSH_PORT)


def _cells(row: Mapping[str, Any]) -> list[str]:
    host = f"[{row['address']}]" if ":" in row["address"] else row["address"]
    how = [row["method"], row["credential"], row["via"]]
    return [row["name"], f"{host}:{row['port']}", *how, "\n".join(row["pinned"])]


def _shown(target: Target) -> dict[str, Any]:
    return {
        "name": target.name,
        "address": target.address,
        "port": target.port,
        "family": str(target.family),
        "labels": dict(target.labels),
        "method": str(target.method),
        "credential": target.credential,
        "via": target.via.name if target.via else "",
        "pinned": fingerprints(target),
    }
