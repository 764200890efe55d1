"""One of each thing that tests need, and others like it: `session(id="x")`.

What always holds: everything belongs to one story: ann, who is in the session, typed the command
and waits for the request. What it does not do: make what a test is about; that the test says
itself.
"""

from dataclasses import replace
from typing import Any

from bastion.approval.request import Wanted
from bastion.store.rows import Command, Login, Request, Session
from bastion.verdict import Span

_SESSION = Session(
    id="01kah9aaaaaaaaaaaaaaaaaaaa",
    kind="shell",
    subject="s-ann",
    account="ann",
    address="192.0.2.7",
    serial=7,
    target="gpu-01",
    login="root",
    command="",
    started_at=1_800_000_000.25,
    recording="2027/01/15/01kah9aaaaaaaaaaaaaaaaaaaa.cast",
)
_COMMAND = Command(
    id="c1",
    session_id=_SESSION.id,
    at=1_800_000_001.0,
    source="screen",
    text="rm -rf /mnt/x",
    verdict="hold",
    rule="data-delete",
    reason="deletes data",
)
_WANTED = Wanted(
    session_id=_SESSION.id,
    command_id=_COMMAND.id,
    subject=_SESSION.subject,
    account=_SESSION.account,
    target=_SESSION.target,
    login=_SESSION.login,
    text=_COMMAND.text,
    rule=_COMMAND.rule,
    reason=_COMMAND.reason,
    dangerous=(Span(0, 6), Span(7, 13)),
)
_REQUEST = Request(
    id="r1",
    session_id=_WANTED.session_id,
    command_id=_WANTED.command_id,
    created_at=1.0,
    expires_at=301.0,
    state="pending",
    subject=_WANTED.subject,
    account=_WANTED.account,
    target=_WANTED.target,
    login=_WANTED.login,
    text=_WANTED.text,
    rule=_WANTED.rule,
    reason=_WANTED.reason,
    binding="ab" * 32,
    dangerous=tuple((span.start, span.end) for span in _WANTED.dangerous),
    approvers=("leads", "security"),
)
_LOGIN = Login(1_799_999_999.0, "ssh", _SESSION.subject, "ann", _SESSION.address, _SESSION.serial)


def session(**changes: Any) -> Session:
    """Ann's shell on gpu-01, which has not ended."""
    return replace(_SESSION, **changes)


def command(**changes: Any) -> Command:
    """What ann typed there, which was held."""
    return replace(_COMMAND, **changes)


def wanted(**changes: Any) -> Wanted:
    """What ann asks approvers for."""
    return replace(_WANTED, **changes)


def request(**changes: Any) -> Request:
    """Her request, which waits."""
    return replace(_REQUEST, **changes)


def login(**changes: Any) -> Login:
    """How she came in."""
    return replace(_LOGIN, **changes)
