"""`bastion keys`: the private keys and passwords that open hosts which take no certificates.

What always holds: a secret comes from a file or is typed without echo, never from an argument or
the environment, and is never printed; the store gets it sealed; every change is in the audit log
before it is made. What it does not do: change anything on a host.
"""

import asyncio
import contextlib
import getpass
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from bastion.audit.entry import AuditCode
from bastion.cli.operator import Operator, look, operator
from bastion.cli.options import ConfigOption, JsonOption, configuration
from bastion.cli.output import emit_json, local_time, note, stop, table
from bastion.clock import SystemClock
from bastion.errors import ConfigError, KeeperError, unusable
from bastion.hsm import Tokens
from bastion.policy import inventory
from bastion.printable import printable
from bastion.sealing.sealer import Sealer
from bastion.sealing.several import sealer as sealer_of
from bastion.state import State
from bastion.store.rows import Credential
from bastion.target import Method
from bastion.upstream.material import (
    Material,
    given_key,
    given_password,
    needs_passphrase,
    new_key,
)

app = typer.Typer(no_args_is_help=True)

_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?")
_MAX_FILE_BYTES = 64 * 1024
_COLUMNS = ("NAME", "KIND", "FINGERPRINT", "SINCE", "BY", "HOSTS")

NameArgument = Annotated[str, typer.Argument(help="What hosts.toml calls it: credential = NAME.")]
FileOption = Annotated[
    Path | None,
    typer.Option("--file", "-f", help="The file that holds it; else it is asked for, unseen."),
]
GenerateOption = Annotated[
    bool, typer.Option("--generate", help="Make a new key; its public half is printed.")
]


@app.callback()
def keys_() -> None:
    """Keys and passwords of hosts without certificates.

    For example:

        bastion keys add switches --kind password

        bastion keys list             # and which hosts use it
    """


@app.command()
def add(
    name: NameArgument,
    kind: Annotated[Method, typer.Option(help="`key` or `password`.")] = Method.KEY,
    file: FileOption = None,
    *,
    generate: GenerateOption = False,
    config: ConfigOption = None,
) -> None:
    """Store a key or a password for hosts.

    For example:

        bastion keys add switches --kind password

        bastion keys add appliance --generate
    """
    if not _NAME.fullmatch(name):
        stop(f"{printable(name)!r} is no name: use small letters, digits, '.', '-' and '_'", 2)
    taken = f"there is a credential {name} already; `bastion keys rotate` replaces it"
    with _sealer(config) as (sealer, state), operator(state) as here:
        if here.run(lambda store: store.credentials.get(name)) is not None:
            stop(taken)
        material = _material(name, kind, file, generate=generate)
        here.note(AuditCode.CREDENTIAL_ADDED, name=name, **_facts(material))
        new = _sealed(sealer, name, material, here.account)
        if not here.run(lambda store: store.credentials.add(new)):
            stop(taken)
    _say(name, material, "stored")


@app.command()
def rotate(
    name: NameArgument,
    file: FileOption = None,
    *,
    generate: GenerateOption = False,
    config: ConfigOption = None,
) -> None:
    """Replace a stored key or password by another of the same kind; the next login uses it.

    For example:

        bastion keys rotate switches
    """
    with _sealer(config) as (sealer, state), operator(state) as here:
        kept = here.run(lambda store: store.credentials.get(name)) or stop(_unknown(name))
        material = _material(name, Method(kept.kind), file, generate=generate)
        here.note(AuditCode.CREDENTIAL_ROTATED, name=name, **_facts(material))
        new = _sealed(sealer, name, material, here.account)
        new = replace(new, rotated_at=new.created_at, rotated_by=new.created_by)
        if not here.run(lambda store: store.credentials.rotate(new)):
            stop(_unknown(name))
    _say(name, material, "replaced")


@app.command()
def reseal(config: ConfigOption = None) -> None:
    """Seal every stored secret anew with the key of now; say what could not be opened.

    After a change of `[upstream.sealing]`, whose old form stays in `sealing_before` until then, or
    of the key in OpenBao. The secrets stay as they are; exit code 1 where one could not be opened.

    For example:

        bastion keys reseal
    """
    with _sealer(config) as (sealer, state), operator(state) as here:
        kept = here.run(lambda store: store.credentials.all())
        here.note(AuditCode.CREDENTIALS_RESEALED, names=[one.name for one in kept])
        failed = [one.name for one in kept if not _resealed(here, sealer, one)]
    done = [one.name for one in kept if one.name not in failed]
    note(f"Sealed anew: {', '.join(done) or 'nothing'}.")
    if failed:
        stop(f"not sealed anew: {', '.join(failed)}; what is sealed otherwise stays as it was")


def _resealed(here: Operator, sealer: Sealer, kept: Credential) -> bool:
    """Whether *kept* was sealed anew, and nobody has changed it meanwhile."""
    try:
        secret = asyncio.run(sealer.open(kept.kind, kept.name, kept.sealed))
        sealed = asyncio.run(sealer.seal(kept.kind, kept.name, secret))
    except (ConfigError, KeeperError) as error:
        note(str(error))
        return False
    return here.run(lambda store: store.credentials.reseal(kept, sealed))


@app.command()
def remove(name: NameArgument, config: ConfigOption = None) -> None:
    """Forget a stored key or password; refused while a host of the inventory uses it.

    For example:

        bastion keys remove old-switch
    """
    users = [target.name for target in _hosts(config) if target.credential == name]
    if users:
        stop(f"{name} is the credential of {', '.join(users)}; change the inventory first")
    with operator(State(configuration(config).state_dir)) as here:
        if here.run(lambda store: store.credentials.get(name)) is None:
            stop(_unknown(name))
        here.note(AuditCode.CREDENTIAL_REMOVED, name=name)
        here.run(lambda store: store.credentials.remove(name))
    note(f"{name}: removed")


@app.command("list")
def list_(
    config: ConfigOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Show what is stored, and which hosts use it; never a secret.

    For example:

        bastion keys list
    """
    state = State(configuration(config).state_dir)
    kept = look(state, lambda store: store.credentials.all())
    hosts = list(_hosts(config))
    rows = [
        _shown(one) | {"hosts": [host.name for host in hosts if host.credential == one.name]}
        for one in kept
    ]
    if json:
        emit_json(rows)
    elif rows:
        table(_COLUMNS, map(_cells, rows))
    else:
        note("There are no stored keys or passwords.")


def _cells(row: Mapping[str, Any]) -> list[str]:
    since = local_time(row["rotated_at"] or row["created_at"])
    by = row["rotated_by"] or row["created_by"]
    return [row["name"], row["kind"], row["fingerprint"], since, by, ", ".join(row["hosts"])]


def _shown(kept: Credential) -> dict[str, Any]:
    """What may be shown of a credential."""
    return {
        "name": kept.name,
        "kind": kept.kind,
        "public": kept.public,
        "fingerprint": kept.fingerprint,
        "created_at": kept.created_at,
        "created_by": kept.created_by,
        "rotated_at": kept.rotated_at,
        "rotated_by": kept.rotated_by,
    }


def _facts(material: Material) -> dict[str, str]:
    return {"kind": str(material.kind), "fingerprint": material.fingerprint}


def _say(name: str, material: Material, done: str) -> None:
    note(f"{name}: {done}")
    if material.public:
        note("Hosts have to take this key (authorized_keys of the account):")
        typer.echo(material.public)


def _material(name: str, kind: Method, file: Path | None, *, generate: bool) -> Material:
    """The secret, from where the options say; raises ClientError."""
    if kind is Method.CERTIFICATE:
        stop("certificates are made for each session, there is nothing to store", 2)
    if generate and (file is not None or kind is not Method.KEY):
        stop("--generate makes a key: it goes with --kind key, without --file", 2)
    if generate:
        return new_key(f"bastion-{name}")
    if kind is Method.PASSWORD:
        return given_password(_read(file) if file else _asked(f"Password {name}: ", twice=True))
    if file is None:
        stop("name the private key with --file, or let --generate make one", 2)
    data = _read(file)
    passphrase = _asked("Passphrase of the key: ").decode() if needs_passphrase(data) else None
    return given_key(data, f"bastion-{name}", passphrase)


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as source:
            data = source.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        stop(f"{file}: {unusable(error)}")
    if len(data) > _MAX_FILE_BYTES:
        stop(f"{file}: is too long for a key or a password")
    return data


def _asked(prompt: str, *, twice: bool = False) -> bytes:
    """What is typed at the terminal, without echo."""
    try:
        with Path("/dev/tty").open("rb"):
            typed = getpass.getpass(prompt)
            if twice and getpass.getpass("Again: ") != typed:
                stop("the two are not the same; nothing was stored")
    except OSError:
        stop("there is no terminal to ask at; use --file", 2)
    except EOFError:
        stop("nothing was typed; nothing was stored")
    return typed.encode()


@contextlib.contextmanager
def _sealer(config: Path | None) -> Iterator[tuple[Sealer, State]]:
    """What seals, and where the state is; raises ConfigError."""
    settings = configuration(config)
    state, upstream = State(settings.state_dir), settings.upstream
    with contextlib.closing(Tokens()) as tokens:
        yield (
            sealer_of(upstream.sealing, upstream.sealing_before, state.sealing_key, tokens),
            state,
        )


def _unknown(name: str) -> str:
    return f"there is no credential {printable(name)}; `bastion keys list` shows them"


def _sealed(sealer: Sealer, name: str, material: Material, account: str) -> Credential:
    kind = str(material.kind)
    return Credential(
        name=name,
        kind=kind,
        sealed=asyncio.run(sealer.seal(kind, name, material.secret)),
        public=material.public,
        fingerprint=material.fingerprint,
        created_at=SystemClock().now(),
        created_by=account,
    )


def _hosts(config: Path | None) -> inventory.Inventory:
    return inventory.load(configuration(config).hosts_file)
