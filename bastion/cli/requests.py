"""`bastion requests`, `bastion revoke`: access that needs an approval, for operators.

What always holds: both work on the store of the bastion's machine, and what they end is in the
audit log. What it does not do: approve; that is done on the page, by somebody who signed in.
"""

from dataclasses import asdict
from functools import partial
from typing import Annotated

import typer

from bastion.approval.decide import MAX_REASON_CHARS, is_open
from bastion.approval.decide import revoke as end_access
from bastion.approval.request import ACCESS
from bastion.approval.states import APPROVED, PENDING
from bastion.audit.entry import AuditCode
from bastion.cli.operator import look, operator
from bastion.cli.options import ConfigOption, JsonOption, configuration
from bastion.cli.output import emit_json, local_time, note, stop, table
from bastion.clock import SystemClock
from bastion.duration import span
from bastion.refusal import Code
from bastion.state import State
from bastion.store.rows import Request

_COLUMNS = ("ID", "KIND", "WHO", "WHERE", "ASKED", "FOR", "STATE", "BY", "REASON")
_RECENT = 50
_ALL = 1_000_000_000


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
            stop(f"no access {name!r} is open; `bastion requests` lists them")
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
