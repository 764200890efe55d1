"""`bastion request`: asks for access that needs an approval, from the engineer's own machine.

What always holds: who asks is proven by their certificate, over ssh. What it does not do: decide
anything; the bastion does (`bastion.downstream.commands.request`).
"""

from pathlib import Path
from typing import Annotated

import typer

from bastion.cli.options import JsonOption, how_long
from bastion.client.folder import Folder
from bastion.client.remote import run_there


def request(
    host: Annotated[str, typer.Argument(metavar="HOST", help="Name of a host.")],
    *,
    reason: Annotated[str, typer.Option(help="Why: the approvers read it.")],
    login: Annotated[str, typer.Option(help="Account on the host, if there are several.")] = "",
    for_: Annotated[
        int | None, how_long("45m, 2h, 1h30m; else as long as the rules allow.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the decision.")] = False,
    json: JsonOption = False,
    folder: Annotated[Path, typer.Option("--dir", help="The client's folder.")] = Path(
        "~/.ssh/bastion"
    ),
) -> None:
    """Ask for access to a host that opens only after an approval.

    Exit code 0: asked (with --wait: approved). 1: refused. 255: ssh could not reach the bastion.

    For example:

        bastion request gpu-01 --login root --reason "driver update" --for 2h

        bastion request gpu-01 --reason "incident 4711" --wait && ssh gpu-01
    """
    words = ["request", f"--reason={reason}"]
    words += [f"--login={login}"] if login else []
    words += [f"--for={for_}s"] if for_ is not None else []
    words += ["--wait"] if wait else []
    words += ["--json"] if json else []
    status = run_there(Folder(folder.expanduser().absolute()), [*words, "--", host])
    raise typer.Exit(status)
