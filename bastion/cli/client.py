"""The engineer's commands: login, logout, status, ssh-config.

What always holds: what they need to be told once (`--server`) is remembered in the client's folder.
What it does not do: anything that `bastion.client` could do.
"""

import asyncio
import shlex
import ssl
import sys
import webbrowser
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.panel import Panel
from rich.text import Text

from bastion.cli.options import ConfigOption, JsonOption, configuration
from bastion.cli.output import ERR, emit_json, facts, local_time, note, stop
from bastion.client.folder import Folder
from bastion.client.include import UserConfig
from bastion.client.login import Shown, log_in
from bastion.client.server import Server, checked_url
from bastion.client.sshconfig import include_line, ssh_config
from bastion.client.standing import Standing, log_out, recall, standing
from bastion.clock import Clock, SystemClock
from bastion.config import environment
from bastion.errors import ClientError
from bastion.oidc.device_flow import DeviceCode
from bastion.oidc.qr import qr_lines
from bastion.printable import printable

_MAX_TOKEN_CHARS = 32 * 1024
_PANEL_LINES, _FRAME_CELLS = 6, 4
_STDIN = Path("-")
_DEFAULT_FOLDER = Path("~/.ssh/bastion")
_SSH_CONFIG = Path("~/.ssh/config")
_THIS_MACHINE = ("all://localhost", "all://127.0.0.1", "all://[::1]")

FolderOption = Annotated[
    Path, typer.Option("--dir", help="The client's folder: key, certificate, known_hosts.")
]


def login(  # noqa: PLR0917  typer takes options as parameters
    server: Annotated[
        str, typer.Option("--server", "-s", help="The bastion's URL; needed once.", metavar="URL")
    ] = "",
    browser: Annotated[
        bool, typer.Option("--browser", help="Open a browser on this machine instead of a code.")
    ] = False,
    issuer: Annotated[
        str,
        typer.Option("--issuer", help="Where to sign in, if there are several: a name or a URL."),
    ] = "",
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", help="For jobs: a file with an ID token; - reads stdin."),
    ] = None,
    pin: Annotated[
        bool,
        typer.Option("--pin", help="A certificate that is good from this machine's address only."),
    ] = False,
    ca: Annotated[
        Path | None,
        typer.Option("--ca", help="PEM file: the CA of the bastion's URL, if not of the system."),
    ] = None,
    folder: FolderOption = _DEFAULT_FOLDER,
) -> None:
    """Log in at the identity provider and get a certificate for ssh.

    For example:

        bastion login --server https://bastion.example.com

        bastion login                 # the next time

        bastion login --browser       # without typing a code

        bastion login --issuer partners

        bastion login --pin           # good from this address only

        bastion login --server URL --token-file "$ID_TOKEN_FILE"     # a CI job
    """
    here = _folder(folder)
    url = checked_url(server or recall(here).url)
    how = _How(browser, issuer, _token(token_file), pin)
    _run(_login(url, here, SystemClock(), ca, how))


@dataclass(frozen=True)
class _How:
    """Which way a login goes."""

    use_browser: bool
    issuer: str
    id_token: str
    pin_address: bool


def _token(path: Path | None) -> str:
    """The ID token in the file at *path*; empty where there is no such path."""
    if path is None:
        return ""
    try:
        with sys.stdin if path == _STDIN else path.open() as file:
            token = file.read(_MAX_TOKEN_CHARS).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ClientError(f"{path}: cannot be read as a token") from error
    if not token or not token.isascii() or any(char.isspace() for char in token):
        raise ClientError(f"{path}: holds no ID token")
    return token


async def _login(url: str, folder: Folder, clock: Clock, ca: Path | None, how: _How) -> None:
    # The provider may have its certificate from the same CA as the bastion, or from any other.
    here, there = _trust(ca, only=True), _trust(ca, only=False)
    async with _http(here) as own, _http(there) as http:
        logged_in = await log_in(
            Server(url, own),
            folder,
            http,
            clock,
            Shown(device=_show_device, browser=_open_browser),
            use_browser=how.use_browser,
            issuer=how.issuer,
            id_token=how.id_token,
            pin_address=how.pin_address,
            agent_socket=environment().agent_socket,
        )
    granted = logged_in.granted
    where = "ssh-agent" if logged_in.in_agent else str(folder.key)
    until = local_time(granted.valid_before)
    note(f"Logged in as {printable(granted.principals[0])} until {until}; the key is in {where}.")
    if logged_in.addresses:
        note(f"The certificate is good from {', '.join(logged_in.addresses)} only.")
    if folder == _folder(_DEFAULT_FOLDER):
        note("Once: run `bastion ssh-config --write`. Then: ssh HOST")
    else:
        note(f"Then: ssh -F {shlex.quote(str(folder.ssh_config))} HOST")


def logout(folder: FolderOption = _DEFAULT_FOLDER) -> None:
    """Forget the key and its certificate, in ssh-agent and in files.

    The certificate itself stays valid until it ends; nobody has its key any more.

    For example:

        bastion logout
    """
    was_there = _run(log_out(_folder(folder), environment().agent_socket))
    note("Logged out." if was_there else "Nobody was logged in.")


def status(
    folder: FolderOption = _DEFAULT_FOLDER,
    config: ConfigOption = None,
    *,
    latency: Annotated[
        bool,
        typer.Option("--latency", help="On the bastion: how long lines waited there instead."),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Say who is logged in, and until when. Exit code 1 when nobody is.

    For example:

        bastion status --json | jq .valid_before

        bastion status --latency
    """
    if latency:
        # Here, because nothing else of it needs modules of the server.
        from bastion.cli.latency import show_latency  # noqa: PLC0415  slow

        show_latency(configuration(config), as_json=json)
        return
    here = _folder(folder)
    url = recall(here).url
    found = _run(standing(here, environment().agent_socket))
    left = found.valid_before - SystemClock().now() if found else 0.0
    if found is None or left <= 0 or found.where == "missing":
        stop("nobody is logged in; run `bastion login`")
    if json:
        emit_json({"server": url, **_tree(found)})
        return
    facts(
        {
            "who": f"{found.account} ({found.subject})",
            "groups": ", ".join(found.groups) or "none",
            "until": f"{local_time(found.valid_before)} (in {_hours(left)})",
            "key": "in ssh-agent" if found.where == "agent" else str(here.key),
            "bastion": url,
        }
    )


def ssh_config_(
    folder: FolderOption = _DEFAULT_FOLDER,
    account: Annotated[
        str, typer.Option("--login", help="Account on the hosts; ssh's default where absent.")
    ] = "",
    *,
    write: Annotated[
        bool, typer.Option("--write", help="Have ~/.ssh/config include the block.")
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take that out of it again.")] = False,
    config: Annotated[
        Path, typer.Option("--config", help="The ssh_config that --write and --undo change.")
    ] = _SSH_CONFIG,
) -> None:
    """Print the block for ~/.ssh/config (and keep it in the client's folder).

    With --write it is not printed: one line at the top of ~/.ssh/config includes it. Nothing else
    there changes, and --undo takes that line out.

    For example:

        bastion ssh-config --write --login root

        bastion ssh-config --login root > block
    """
    here = _folder(folder)
    if write and undo:
        raise typer.BadParameter("--write and --undo: one of them, please")
    users = UserConfig(config.expanduser().absolute())
    if undo:
        is_done = users.exclude(include_line(here))
        note(f"{config} includes the bastion no more." if is_done else "Nothing was there.")
        return
    memory = recall(here)
    block = ssh_config(memory.about, here, memory.account, account)
    here.write(here.ssh_config, block)
    if not write:
        typer.echo(block, nl=False)
        return
    is_done = users.include(here.ssh_config, include_line(here), memory.about.ssh.name)
    note(f"{config} {'now includes' if is_done else 'included already'} {here.ssh_config}")


def _tree(found: Standing) -> dict[str, Any]:
    return {
        "account": found.account,
        "subject": found.subject,
        "groups": list(found.groups),
        "serial": found.serial,
        "valid_before": found.valid_before,
        "key": found.where,
    }


def _show_device(code: DeviceCode) -> None:
    link = code.verification_uri_complete or code.verification_uri
    text = Text.assemble("Open  ", (link, "bold"), "\nCode  ", (code.user_code, "bold"))
    if max(map(len, text.plain.splitlines())) + _FRAME_CELLS <= ERR.width:
        ERR.print(Panel(text, title="log in", title_align="left", expand=False))
    else:
        ERR.print(text, soft_wrap=True)  # a frame would cut the link in pieces
    for line in _qr_lines(code):
        ERR.print(Text(line))
    ERR.print(Text("Waiting for you to sign in there … (Ctrl-C ends)", style="dim"))


def _qr_lines(code: DeviceCode) -> tuple[str, ...]:
    """The link as a QR code, on a terminal that is wide and high enough for it."""
    if not ERR.is_terminal or not ERR.encoding.lower().startswith("utf"):
        return ()
    lines = qr_lines(code.verification_uri_complete or code.verification_uri, ERR.width)
    return lines if len(lines) + _PANEL_LINES <= ERR.height else ()


def _open_browser(url: str) -> None:
    note("Opening your browser; if none comes up, open this:")
    ERR.print(Text(url), soft_wrap=True)
    webbrowser.open(url)


def _http(context: ssl.SSLContext) -> httpx.AsyncClient:
    """A client that lets no proxy lead to this machine."""
    return httpx.AsyncClient(verify=context, mounts=dict.fromkeys(_THIS_MACHINE))


def _trust(ca: Path | None, *, only: bool) -> ssl.SSLContext:
    """The system's CAs, and *ca*; or that one *only*."""
    try:
        context = ssl.create_default_context(cafile=str(ca) if ca and only else None)
        if ca and not only:
            context.load_verify_locations(cafile=str(ca))
    except OSError as error:
        raise ClientError(f"{ca}: cannot be used as a CA file") from error
    return context


def _folder(path: Path) -> Folder:
    return Folder(path.expanduser().absolute())


def _hours(seconds: float) -> str:
    hours, minutes = divmod(int(seconds) // 60, 60)
    return f"{hours} h {minutes:02} min"


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)
