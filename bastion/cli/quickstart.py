"""`bastion quickstart`: the whole story on this machine, with nothing else installed.

What always holds: everything listens on loopback only; Ctrl-C stops everything; a second start
finds what the first one made. What it does not do: serve anybody else; `bastion serve` does.
"""

import asyncio
import contextlib
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import platformdirs
import typer
from rich.text import Text

from bastion.cli.output import ERR, OUT, note, stop
from bastion.clock import SystemClock
from bastion.demo.chat import Told
from bastion.demo.demo import Demo
from bastion.demo.selftest import SelfTest
from bastion.demo.site import HOST, PortsWanted, Site
from bastion.printable import printable
from bastion.serve import logs

_PORT_HELP = "0 lets the system choose."
_MAX_SHOWN = 120


def quickstart(
    *,
    state: Annotated[
        Path | None, typer.Option("--state", help="Folder for everything; made when missing.")
    ] = None,
    ssh_port: Annotated[int, typer.Option(min=0, max=65535, help=_PORT_HELP)] = 2222,
    web_port: Annotated[int, typer.Option(min=0, max=65535, help=_PORT_HELP)] = 8080,
    provider_port: Annotated[int, typer.Option(min=0, max=65535, help=_PORT_HELP)] = 8081,
    host_port: Annotated[int, typer.Option(min=0, max=65535, help=_PORT_HELP)] = 2223,
    self_test: Annotated[
        bool, typer.Option("--self-test", help="Run the story by itself, then stop.")
    ] = False,
) -> None:
    """Try everything on this machine: bastion, demo identity provider, demo host.

    For example:

        bastion quickstart

        bastion quickstart --state /tmp/demo --web-port 9090

        bastion quickstart --self-test
    """
    if self_test:
        asyncio.run(_self_test(state))
        return
    site = Site((state or platformdirs.user_state_path("bastion") / "quickstart").absolute())
    asyncio.run(_demo(site, PortsWanted(ssh_port, web_port, provider_port, host_port)))


async def _demo(site: Site, ports: PortsWanted) -> None:
    demo = Demo(site, ports, SystemClock())
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    with _logging(site):
        await demo.start(_show_message)
        _show_story(site, demo)
        await stopping.wait()
        note("stopping …")
        await demo.stop()


async def _self_test(state: Path | None) -> None:
    """Run the story in *state*, or in a folder that is gone afterwards."""
    clock, told = SystemClock(), asyncio.Queue[Told]()
    with tempfile.TemporaryDirectory(prefix="bastion-") as scratch:
        site = Site((state or Path(scratch)).absolute())
        demo = Demo(site, PortsWanted(0, 0, 0, 0), clock)
        with _logging(site):
            await demo.start(told.put_nowait)
            OUT.print(Text(f"started: bastion, demo identity provider, {demo.host_kind}"))
            try:
                async for name, seen in SelfTest(demo, site, told, clock).steps():
                    line = Text.assemble(("ok", "green"), f"  {name}: {printable(seen)}")
                    OUT.print(line, soft_wrap=True)
            finally:
                await demo.stop()
    OUT.print(Text("the whole story works", style="bold"))


@contextlib.contextmanager
def _logging(site: Site) -> Iterator[None]:
    """Send the log to the site's file meanwhile, so that the screen stays for the person."""
    try:
        site.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = site.log.open("a")
    except OSError as error:
        stop(f"{site.log}: cannot be written: {error.strerror}")
    with file:
        logs.configure(file)
        try:
            yield
        finally:
            logs.configure()


def _show_message(told: Told) -> None:
    """What an approver reads in the chat."""
    asks = f"{printable(told.account)} asks to run on {printable(told.target)}: "
    command = printable(told.command, _MAX_SHOWN)
    ERR.print(Text.assemble(("chat  ", "bold yellow"), asks, (command, "bold")), soft_wrap=True)
    ERR.print(Text(f"      {printable(told.url)}"), soft_wrap=True)


def _show_story(site: Site, demo: Demo) -> None:
    """What to paste, in the order of the story; lines are not wrapped, so that they can be."""
    me, client = _program(), site.client
    for title, line in (
        ("1  Log in, as engineer", f"{me} login --server {demo.url} --dir {client}"),
        ("2  Go to the demo host", f"ssh -F {client}/config {HOST}"),
        ("3  Approve what is held, as approver", f"{demo.url}/approvals"),
        ("4  Replay what happened", f"{me} replay --config {site.config}"),
    ):
        OUT.print(Text.assemble((title, "bold cyan"), f"\n   {line}\n"), soft_wrap=True)
    OUT.print(
        Text.assemble(
            "The password of every demo account is ",
            (demo.password, "bold"),
            f"\n{HOST} is {demo.host_kind}, where you are {demo.account}. Try there:",
            "\n   nvidia-smi --gpu-reset -i 0     is held until somebody approves",
            "\n   cat /etc/shadow                 is blocked",
            f"\nEverything stands in {site.root}. Ctrl-C stops it.\n",
        ),
        soft_wrap=True,
    )


def _program() -> str:
    """How to call this program in the person's shell."""
    found = Path(sys.executable).with_name("bastion")
    if not found.exists():
        return f"{sys.executable} -m bastion"
    here = Path.cwd()
    return str(found.relative_to(here)) if found.is_relative_to(here) else str(found)
