"""What the store keeps, as frozen values.

What always holds: times are Unix seconds (UTC), `None` means not yet. What it does not do: hold
secrets; a token or a link stands here only as its SHA-256, a credential only sealed.
"""

from dataclasses import dataclass, field
from typing import Any

STREAMS = ("forward", "forward-remote", "agent", "x11")
"""Kinds of sessions that carry a stream beside others; limits on sessions do not count them."""


@dataclass(frozen=True)
class Session:
    """One shell, one command or one stream on one host, from the opened recording to its end.

    Attributes:
        id: identifier, also the name of the recording.
        kind: of channel, as rules name it: `shell`, `exec`, `forward` …
        command: of an exec, as it was asked for; of a stream, where it leads.
        recording: path below the recordings folder.
        ending: `exit`, `lost`, `revoked`, `refused`, `recording-failed` …; empty while it lives.
    """

    id: str
    kind: str
    subject: str
    account: str
    address: str
    serial: int
    target: str
    login: str
    command: str
    started_at: float
    recording: str
    ended_at: float | None = None
    ending: str = ""
    exit_status: int | None = None


@dataclass(frozen=True)
class SessionSummary:
    """A session with what happened in it, counted by verdict."""

    session: Session
    verdicts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Command:
    """A command that was judged.

    Attributes:
        source: `exec`, `script` for what came by standard input and runs, or `screen` for a line
            read from the emulated screen.
        outcome: what became of it; empty until that is known.
    """

    id: str
    session_id: str
    at: float
    source: str
    text: str
    verdict: str
    rule: str
    reason: str
    outcome: str = ""
    outcome_by: str = ""


@dataclass(frozen=True)
class Ran:
    """Commands that were judged alike, of one person as one account on one host.

    Attributes:
        at: Unix seconds of the last of them.
        times: how many.
    """

    text: str
    source: str
    verdict: str
    rule: str
    subject: str
    target: str
    login: str
    at: float
    times: int


@dataclass(frozen=True)
class FileDeed:
    """Something that was done with a file, or was refused; see `bastion.events.FileAsked`.

    Attributes:
        number: of its events in the recording.
        verdict: `allow`, `hold` or `block`.
        result: what became of it.
    """

    session_id: str
    number: int
    at: float
    operation: str
    action: str
    path: str
    other: str
    verdict: str
    rule: str
    result: str
    read_bytes: int = 0
    read_sha256: str = ""
    written_bytes: int = 0
    written_sha256: str = ""
    copy: str = ""


@dataclass(frozen=True)
class Request:
    """A held command, or an access, that waits for or had a decision.

    Attributes:
        state: see `bastion.approval.states`.
        binding: SHA-256 (hex) of the exact content that an approval releases.
        dangerous: the parts of the text to mark, as pairs of character offsets.
        approvers: groups whose members may decide.
        kind: `command`, or `access`, which has no session, command and text.
        seconds: for how long access was asked; 0 for a command.
        address: where whoever asks for access comes from.
        directory: where the command would run; empty where that is not known.
        resolved: the commands that it comes to, as the bastion reads them.
        screen: what the person's screen shows, as text, while it waits.
        is_kept: whether it stays when nobody waits for it.
    """

    id: str
    session_id: str
    command_id: str
    created_at: float
    expires_at: float
    state: str
    subject: str
    account: str
    target: str
    login: str
    text: str
    rule: str
    reason: str
    binding: str
    dangerous: tuple[tuple[int, int], ...] = ()
    approvers: tuple[str, ...] = ()
    decided_at: float | None = None
    decided_by: str = ""
    decider: str = ""
    decision_reason: str = ""
    kind: str = "command"
    seconds: int = 0
    address: str = ""
    revoked_at: float | None = None
    revoker: str = ""
    revoke_reason: str = ""
    is_kept: bool = False
    directory: str = ""
    resolved: tuple[str, ...] = ()
    screen: str = ""


@dataclass(frozen=True)
class Certificate:
    """A user certificate that was issued."""

    serial: int
    subject: str
    account: str
    groups: tuple[str, ...]
    fingerprint: str
    valid_after: int
    valid_before: int
    issued_at: float
    address: str
    token_sha256: str


@dataclass(frozen=True)
class Credential:
    """A key or a password that opens hosts, sealed.

    Attributes:
        kind: `key` or `password`.
        sealed: the secret as `bastion.sealing` left it.
        public: a key's public half, one OpenSSH line; empty for a password.
        fingerprint: of the public half; empty for a password.
        created_by: the operating system's account that added it.
    """

    name: str
    kind: str
    sealed: bytes = field(repr=False)
    public: str
    fingerprint: str
    created_at: float
    created_by: str
    rotated_at: float | None = None
    rotated_by: str = ""


@dataclass(frozen=True)
class Login:
    """Somebody proved who they are: `ssh` by certificate, or `web` by the provider."""

    at: float
    kind: str
    subject: str
    account: str
    address: str
    serial: int = 0


@dataclass(frozen=True)
class AuditEntry:
    """One line of the audit log, linked to the one before it.

    Attributes:
        seq: 1, 2, 3 … without gaps.
        code: what happened, see docs/codes.md.
        subject: who caused it; empty for the bastion itself.
        detail: particulars; JSON.
        hash: the link (hex), see `bastion.chain`.
        signature: of the link (hex).
    """

    seq: int
    at: float
    code: str
    subject: str
    detail: dict[str, Any]
    hash: str
    signature: str


@dataclass(frozen=True)
class Lock:
    """What is locked, from the moment it was set until it is lifted or runs out.

    Attributes:
        kind: see `bastion.locks.lock.LockKind`.
        value: of that kind: a subject or account, a group, a host name or glob …
        reason: shown to whoever the lock meets.
        created_by: the operator who set it.
        expires_at: when it ends by itself; None for never.
    """

    id: str
    kind: str
    value: str
    reason: str
    created_at: float
    created_by: str
    expires_at: float | None = None
    lifted_at: float | None = None
    lifted_by: str = ""
