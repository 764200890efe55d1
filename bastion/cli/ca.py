"""`bastion ca`: show the public keys of the CAs, rotate them, list what signs and what is trusted.

What always holds: a private key is never printed. What it does not do: reach the running bastion;
SIGHUP (`systemctl reload bastion`) has it take the new keys.
"""

import asyncio
import contextlib
from enum import StrEnum
from typing import Annotated, Any

import typer

from bastion.audit.entry import AuditCode
from bastion.ca.custody import file_ring, open_place, places
from bastion.ca.keys import fingerprint
from bastion.ca.ring import FOREVER, Ring
from bastion.ca.rotate import rotate as rotate_in_files
from bastion.ca.rotate import standing
from bastion.cli.operator import operator
from bastion.cli.options import ConfigOption, JsonOption, configuration, duration
from bastion.cli.output import emit_json, local_time, note, table
from bastion.clock import SystemClock
from bastion.config import Config
from bastion.config.ca import FileCustody
from bastion.hsm import Tokens
from bastion.state import State

app = typer.Typer(no_args_is_help=True)

_WEEK = 7 * 86400


@app.callback()
def ca_() -> None:
    """The certificate authorities: public keys, rotation.

    For example:

        bastion ca list

        bastion ca public access      # for TrustedUserCAKeys on the hosts
    """


class Name(StrEnum):
    """The three CAs."""

    USER = "user"
    HOST = "host"
    ACCESS = "access"


@app.command()
def public(
    name: Annotated[Name | None, typer.Argument(help="Which CA; all of them without.")] = None,
    config: ConfigOption = None,
) -> None:
    """Print the public keys that count now, the signing one first: what hosts and clients trust.

    For example:

        bastion ca public access         # for TrustedUserCAKeys on the hosts

        bastion ca public host           # for @cert-authority in known_hosts
    """
    settings, now = configuration(config), SystemClock().now()
    for ca in [name] if name else list(Name):
        for line in _trusted(_ring(settings, ca), now):
            typer.echo(line if name else f"{line} bastion-{ca}-ca")


@app.command()
def rotate(
    name: Annotated[Name, typer.Argument(help="Which CA.")],
    overlap: Annotated[
        int | None,
        typer.Option(
            parser=duration,
            metavar="DURATION",
            help="How long both keys count, for example 12h or 7d; 0s ends the old key at once. "
            "Without it: the life of a certificate (user), a week (host, access).",
        ),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Make a new key for a CA. Nothing changes for the running bastion before its next SIGHUP.

    user: the new key signs at once, the old one stays trusted for the overlap. host, access: the
    new key is published at once and signs after the overlap; give it to clients or hosts before.

    For example:

        bastion ca rotate user --overlap 12h && systemctl reload bastion
    """
    settings, now = configuration(config), SystemClock().now()
    seconds = _default(settings, name) if overlap is None else overlap
    with operator(State(settings.state_dir)) as here:
        here.note(AuditCode.CA_ROTATED, ca=str(name), overlap_seconds=seconds)
        done = rotate_in_files(places(settings)[name], overlap_seconds=seconds, now=now)
    made = f"made {done.new.file}: {fingerprint(done.new.public_key)}"
    if name is Name.USER:
        note(f"{made}; the key before it is trusted until {local_time(now + seconds)}.")
    else:
        note(f"{made}; it signs from {local_time(done.new.signs_from)} on.")
        note(f"Until then, {_readers(name)} has to trust it: `bastion ca public {name}`.")
    note("Now have the running bastion take it: SIGHUP, or `systemctl reload bastion`.")


@app.command("list")
def list_(
    *,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List the keys of every CA: where each is kept, whether it signs, and until when it counts.

    For example:

        bastion ca list --json | jq -r '.[].fingerprint'
    """
    settings, now = configuration(config), SystemClock().now()
    rows = [row for name in Name for row in _rows(settings, name, now)]
    if json:
        emit_json(rows)
        return
    columns = ("CA", "KEPT BY", "FILE", "FINGERPRINT", "STATE", "SIGNS FROM", "UNTIL")
    table(columns, ([_cell(value) for value in row.values()] for row in rows))


def _rows(settings: Config, name: Name, now: float) -> list[dict[str, Any]]:
    known, place = _ring(settings, name), places(settings)[name]
    return [
        {
            "ca": str(name),
            "custody": place.custody.custody,
            "file": era.file,
            "fingerprint": fingerprint(era.public_key),
            "state": standing(known, era, now),
            "signs_from": era.signs_from if 0 < era.signs_from < FOREVER else None,
            "until": era.until,
        }
        for era in known.eras
    ]


def _cell(value: object) -> str:
    return local_time(value) if isinstance(value, float) else str(value or "")


def _trusted(known: Ring, now: float) -> list[str]:
    signing = known.signing(now).public_key
    lines = [era.public_key for era in known.trusted(now)]
    return [signing, *(line for line in lines if line != signing)]


def _ring(settings: Config, name: Name) -> Ring:
    """The CA's keys; one that is kept in files is read without its passphrase."""
    place = places(settings)[name]
    if isinstance(place.custody, FileCustody):
        return file_ring(place)
    with contextlib.closing(Tokens()) as tokens:
        return asyncio.run(open_place(place, tokens, SystemClock())).ring


def _default(settings: Config, name: Name) -> int:
    return settings.certificates.lifetime_seconds if name is Name.USER else _WEEK


def _readers(name: Name) -> str:
    return "every host" if name is Name.ACCESS else "every client"
