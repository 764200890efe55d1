"""`bastion request`, `bastion requests`, `bastion revoke`: access that needs an approval.

What always holds: `request` proves who asks by their certificate, over ssh; the other two work on
the store of the bastion's machine, and what they end is in the audit log. What it does not do:
approve; that is done on the page, by somebody who signed in.
"""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bastion.approval.decide import MAX_REASON_CHARS, is_open
from bastion.approval.decide import revoke as end_access
from bastion.approval.request import ACCESS
from bastion.approval.states import APPROVED, PENDING
from bastion.audit.entry import AuditCode
from bastion.cli.operator import look, operator
from bastion.cli.options import ConfigOption, JsonOption, configuration, duration
from bastion.cli.output import emit_json, local_time, note, stop, table
from bastion.client.folder import Folder
from bastion.client.remote import run_there
from bastion.clock import SystemClock
from bastion.duration import span
from bastion.refusal import Code
from bastion.state import State
from bastion.store.rows import Request

_COLUMNS = ("ID", "KIND", "WHO", "WHERE", "ASKED", "FOR", "STATE", "BY", "REASON")
_RECENT = 50
_ALL = 1_000_000_000


def request(
    host: Annotated[str, typer.Argument(metavar="HOST", help="Name of a host.")],
    *,
    reason: Annotated[str, typer.Option(help="Why: the approvers read it.")],
    login: Annotated[str, typer.Option(help="Account on the host, if there are several.")] = "",
    for_: Annotated[
        int | None,
        typer.Option(
            "--for",
            parser=duration,
            metavar="DURATION",
            help="How long: 45m, 2h, 1h30m; else as long as the rules allow.",
        ),
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


def requests(
    *,
    all_: Annotated[bool, typer.Option("--all", help="All there ever were, commands too.")] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List requests for access that wait or are open now.

    For example:

        bastion requests

        bastion requests --all --json | jq '.[] | select(.state == "denied")'
    """
    now = SystemClock().now()
    found = look(
        State(configuration(config).state_dir),
        lambda store: (
            store.requests.latest(_ALL)
            if all_
            else [
                *(row for row in store.requests.pending() if row.kind == ACCESS),
                *store.requests.approved(now),
            ]
        ),
    )
    if json:
        emit_json([asdict(row) | {"state": _state(row, now)} for row in found])
    elif found:
        table(_COLUMNS, (_row(row, now) for row in found))
    else:
        note("There are no requests." if all_ else "No request for access waits or is open.")


def revoke(
    name: Annotated[str, typer.Argument(metavar="ID", help="A request, or the end of its name.")],
    *,
    reason: Annotated[str, typer.Option(help="Why: the engineer reads it.")],
    config: ConfigOption = None,
) -> None:
    """End an access that was approved: its sessions end within a second, on every process.

    For example:

        bastion revoke 2bz2 --reason "the maintenance is over"
    """
    now = SystemClock().now()
    with operator(State(configuration(config).state_dir)) as here:
        opened = here.run(lambda store: store.requests.approved(now))
        found = [row for row in opened if row.id.startswith(name) or row.id.endswith(name)]
        if not found or not name:
            stop(f"no access {name!r} is open")
        if len(found) > 1:
            stop(f"{name!r} is not unique: give more of the identifier")
        end = partial(end_access, request=found[0], by=here.account, reason=reason, now=now)
        if refusal := here.run(end):
            if refusal.code is Code.REASON_NEEDED:
                raise typer.BadParameter(
                    f"a sentence of at most {MAX_REASON_CHARS} characters, please",
                    param_hint="--reason",
                )
            stop(refusal.text())
        here.note(AuditCode.ACCESS_REVOKED, request=found[0].id, reason=reason.strip())
        row = found[0]
        note(f"Ended the access of {row.account} to {row.login}@{row.target} ({row.id}).")


def _row(row: Request, now: float) -> tuple[str, ...]:
    what = span(row.seconds) if row.kind == ACCESS else row.text
    where, asked = f"{row.login}@{row.target}", local_time(row.created_at)
    by = row.revoker or row.decider
    state = _state(row, now)
    return (row.id, row.kind, row.account, where, asked, what, state, by, row.reason)


def _state(row: Request, now: float) -> str:
    if row.kind == ACCESS and row.state == APPROVED:
        return "open" if is_open(row, now) else "over"
    return "expired" if row.state == PENDING and row.expires_at <= now else row.state
