"""Refusals: expected denials as values, each with a stable code, a sentence and the next step.

What always holds: every code that a user can meet stands in `Code`, has its text in `EXPLAINED`,
and is listed in docs/codes.md. What it does not do: decide anything, or write to anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Code(StrEnum):
    """Stable codes that users, scripts and docs refer to; never renamed once released."""

    ACCESS_DENIED = "access-denied"
    STEP_UP_NEEDED = "step-up-needed"
    APPROVAL_NEEDED = "approval-needed"
    CONNECTION_DENIED = "connection-denied"
    CONNECTION_EXPIRED = "connection-expired"
    CONNECTION_CANCELLED = "connection-cancelled"
    APPROVAL_ENDED = "approval-ended"
    APPROVAL_REVOKED = "approval-revoked"
    APPROVAL_TOO_LONG = "approval-too-long"
    TOO_MANY_REQUESTS = "too-many-requests"
    USAGE = "usage"
    PINNED_LOGIN_NEEDED = "pinned-login-needed"
    CHANNEL_REFUSED = "channel-refused"
    FORWARD_REFUSED = "forward-refused"
    FORWARD_FAILED = "forward-failed"
    SSH_NOT_FORWARDED = "ssh-not-forwarded"
    COMMAND_BLOCKED = "command-blocked"
    COMMAND_DENIED = "command-denied"
    COMMAND_EXPIRED = "command-expired"
    COMMAND_CANCELLED = "command-cancelled"
    COMMAND_UNJUDGED = "command-unjudged"
    COMMAND_UNASKED = "command-unasked"
    DENY_UNVERIFIED = "deny-unverified"
    FILE_DENIED = "file-denied"
    TRANSFER_MALFORMED = "transfer-malformed"
    NO_FILE_SERVER = "no-file-server"
    HOST_UNREACHABLE = "host-unreachable"
    HOST_REFUSED = "host-refused"
    HOST_TIMEOUT = "host-timeout"
    HOST_NAME_UNKNOWN = "host-name-unknown"
    HOST_KEY_CHANGED = "host-key-changed"
    HOST_LOGIN_REFUSED = "host-login-refused"
    HOST_CREDENTIAL_UNUSABLE = "host-credential-unusable"
    NO_DESTINATION = "no-destination"
    LOCKED = "locked"
    REVOKED = "revoked"
    SESSION_EXPIRED = "session-expired"
    SESSION_IDLE = "session-idle"
    TOO_MANY_SESSIONS = "too-many-sessions"
    ADDRESS_TOO_BUSY = "address-too-busy"
    TOO_MANY_FAILURES = "too-many-failures"
    TOO_MANY_HALF_OPEN = "too-many-half-open"
    TOO_MUCH_BEFORE_LOGIN = "too-much-before-login"
    LOGIN_TIMEOUT = "login-timeout"
    TOO_MANY_LOGINS = "too-many-logins"
    TOO_MANY_CONNECTIONS = "too-many-connections"
    TOO_MANY_CHANNELS = "too-many-channels"
    RECORDING_FAILED = "recording-failed"
    STORE_UNAVAILABLE = "store-unavailable"
    CA_UNAVAILABLE = "ca-unavailable"
    CERTIFICATE_ENDED = "certificate-ended"
    INTERNAL = "internal"
    TOKEN_REFUSED = "token-refused"  # noqa: S105  a code, not a token
    TOKEN_REPLAYED = "token-replayed"  # noqa: S105  a code, not a token
    KEY_REFUSED = "key-refused"
    REQUEST_MALFORMED = "request-malformed"
    REQUEST_UNKNOWN = "request-unknown"
    REQUEST_DECIDED = "request-decided"
    REQUEST_CANCELLED = "request-cancelled"
    REQUEST_EXPIRED = "request-expired"
    OWN_REQUEST = "own-request"
    NOT_APPROVER = "not-approver"
    REASON_NEEDED = "reason-needed"
    LINK_INVALID = "link-invalid"
    LINK_EXPIRED = "link-expired"
    FORM_EXPIRED = "form-expired"
    SIGN_IN_FAILED = "sign-in-failed"


@dataclass(frozen=True)
class Explained:
    """What a code means to the person who meets it: one sentence, and what to do next."""

    sentence: str
    next_step: str


EXPLAINED: Mapping[Code, Explained] = MappingProxyType(
    {
        Code.ACCESS_DENIED: Explained(
            "there is no host of that name that you may reach with that login.",
            "`bastion status` shows who you are; ask the owners of rules/access.toml for a grant.",
        ),
        Code.STEP_UP_NEEDED: Explained(
            "that host asks for a fresher or stronger login than yours.",
            "Run `bastion login` again, with your second factor.",
        ),
        Code.PINNED_LOGIN_NEEDED: Explained(
            "that host takes only certificates that are good from one address, and yours is not.",
            "Run `bastion login --pin` on the machine that you connect from.",
        ),
        Code.APPROVAL_NEEDED: Explained(
            "connecting there needs an approval first.",
            "Open a shell or run a command there and wait, or `bastion request HOST --reason …`.",
        ),
        Code.CONNECTION_DENIED: Explained(
            "an approver denied the connection; nothing was opened.",
            "Talk to the approver named in the line.",
        ),
        Code.CONNECTION_EXPIRED: Explained(
            "nobody decided in time; nothing was opened.",
            "Connect again when an approver is at hand.",
        ),
        Code.CONNECTION_CANCELLED: Explained(
            "the request was cancelled; nothing was opened.",
            "Connect again to ask again.",
        ),
        Code.APPROVAL_ENDED: Explained(
            "the time that was approved is over.",
            "Connect again to ask for more.",
        ),
        Code.APPROVAL_REVOKED: Explained(
            "the approval of this access was taken back.",
            "Talk to whoever is named in the line.",
        ),
        Code.APPROVAL_TOO_LONG: Explained(
            "that is longer than may be asked for.",
            "Ask for the time that is named, or less.",
        ),
        Code.TOO_MANY_REQUESTS: Explained(
            "you have asked for access too often lately.",
            "Wait an hour, or talk to an approver.",
        ),
        Code.USAGE: Explained(
            "that cannot be read as a command of the bastion.",
            "`ssh BASTION -- help` lists them.",
        ),
        Code.CHANNEL_REFUSED: Explained(
            "this kind of channel is not allowed here.",
            "Use a shell or a command; ask security if your work needs more.",
        ),
        Code.FORWARD_REFUSED: Explained(
            "the rules do not let a forwarded connection go there.",
            "Ask the owners of rules/access.toml for `forward` or `listen` in a grant.",
        ),
        Code.FORWARD_FAILED: Explained(
            "the host could not open that connection.",
            "Check that something listens there; the host's own sshd may forbid it too.",
        ),
        Code.SSH_NOT_FORWARDED: Explained(
            "SSH is not forwarded: what passes in it could not be recorded.",
            "Use `ssh HOST` or `ssh -J BASTION HOST` with a host that the bastion knows.",
        ),
        Code.COMMAND_BLOCKED: Explained(
            "the command was blocked and did not run.",
            "The rule named in the line says why; its owners can change it.",
        ),
        Code.COMMAND_DENIED: Explained(
            "an approver denied the command; it did not run.",
            "Talk to the approver named in the line.",
        ),
        Code.COMMAND_EXPIRED: Explained(
            "nobody decided in time; the command did not run.",
            "Run it again when an approver is at hand.",
        ),
        Code.COMMAND_CANCELLED: Explained(
            "you cancelled the request; the command did not run.",
            "Run it again to ask again.",
        ),
        Code.COMMAND_UNJUDGED: Explained(
            "the command could not be judged, so it did not run.",
            "Try again; tell the operators if it stays so.",
        ),
        Code.COMMAND_UNASKED: Explained(
            "a line ran that your shell had to ask for and did not; the session has ended.",
            "Open a new one; tell the operators what was typed, if you do not know why.",
        ),
        Code.DENY_UNVERIFIED: Explained(
            "a line was stopped, but nothing shows that it did not run; the session has ended.",
            "Open a new one; see whether it ran before you type it again.",
        ),
        Code.FILE_DENIED: Explained(
            "that is not allowed with that file, and was not done.",
            "`bastion access explain` and rules/files.toml say why; ask their owners.",
        ),
        Code.TRANSFER_MALFORMED: Explained(
            "the file transfer ended because one side did not keep to its protocol.",
            "Try again with OpenSSH's own sftp or scp; the operators see the cause in the log.",
        ),
        Code.NO_FILE_SERVER: Explained(
            "the host's sshd does not offer sftp.",
            "Ask its owners for a line `Subsystem sftp internal-sftp`; `scp -O` does without it.",
        ),
        Code.HOST_UNREACHABLE: Explained(
            "the host did not answer.",
            "Try again later; the operators see the cause in the log.",
        ),
        Code.HOST_REFUSED: Explained(
            "the host is there, but nothing takes SSH connections at its port.",
            "Its sshd may be starting or stopped: try again, or tell whoever runs the host.",
        ),
        Code.HOST_TIMEOUT: Explained(
            "the host did not answer in time.",
            "It may be down or behind a firewall: try again later, or tell whoever runs it.",
        ),
        Code.HOST_NAME_UNKNOWN: Explained(
            "the host's address in the inventory cannot be resolved.",
            "Tell the owners of the inventory (hosts.toml).",
        ),
        Code.HOST_KEY_CHANGED: Explained(
            "the host did not present the host key that is pinned for it; nothing was sent to it.",
            "Tell the operators: either the host was reinstalled, or somebody stands in between.",
        ),
        Code.HOST_LOGIN_REFUSED: Explained(
            "the host refused the bastion's login for that account.",
            "Check that the account exists on the host; the operators see the cause in the log.",
        ),
        Code.HOST_CREDENTIAL_UNUSABLE: Explained(
            "the bastion has no credential that it can use for that host.",
            "Tell the operators; they see the cause in the log.",
        ),
        Code.NO_DESTINATION: Explained(
            "no host was named.",
            "Use `ssh HOST` or `ssh LOGIN@HOST@BASTION`; `ssh -t BASTION` shows a menu, "
            "`ssh BASTION -- help` the commands.",
        ),
        Code.LOCKED: Explained(
            "access is locked.",
            "Talk to security: whoever set the lock can lift it.",
        ),
        Code.REVOKED: Explained(
            "the access rules changed and do not allow this session any more.",
            "Ask the owners of rules/access.toml for a grant.",
        ),
        Code.SESSION_EXPIRED: Explained(
            "the session has reached its time limit.",
            "Open a new one if you may.",
        ),
        Code.SESSION_IDLE: Explained(
            "the session ended because nothing was typed for too long.",
            "Open a new one when you are back.",
        ),
        Code.TOO_MANY_SESSIONS: Explained(
            "you have as many sessions open as you may.",
            "End another session first.",
        ),
        Code.ADDRESS_TOO_BUSY: Explained(
            "too many connections have begun at your address in the last minute.",
            "Wait a moment; `ControlMaster auto` lets many sessions share one connection.",
        ),
        Code.TOO_MANY_FAILURES: Explained(
            "too many attempts to log in have failed.",
            "Wait a minute; `IdentitiesOnly yes` keeps ssh from offering every key of the agent.",
        ),
        Code.TOO_MANY_HALF_OPEN: Explained(
            "too many connections are open that have not logged in, and yours was the oldest.",
            "Connect again; begin fewer at once.",
        ),
        Code.TOO_MUCH_BEFORE_LOGIN: Explained(
            "too many bytes came before the login.",
            "Check that it is an SSH client that connects here.",
        ),
        Code.LOGIN_TIMEOUT: Explained(
            "the login took too long.",
            "Connect again.",
        ),
        Code.TOO_MANY_LOGINS: Explained(
            "you have logged in too often in the last minute.",
            "Wait a moment; `ControlMaster auto` lets many sessions share one connection.",
        ),
        Code.TOO_MANY_CONNECTIONS: Explained(
            "you have as many connections open as you may.",
            "End another one first; `ControlMaster auto` lets many sessions share one connection.",
        ),
        Code.TOO_MANY_CHANNELS: Explained(
            "this connection has as many channels open as it may.",
            "Close a session or a forwarding, or open another connection.",
        ),
        Code.RECORDING_FAILED: Explained(
            "the session ended because it could not be recorded.",
            "Tell the operators: the recording storage is full or broken.",
        ),
        Code.STORE_UNAVAILABLE: Explained(
            "the bastion cannot reach its store, so nothing may pass.",
            "Tell the operators.",
        ),
        Code.CA_UNAVAILABLE: Explained(
            "the bastion cannot make certificates now.",
            "Try again later; the operators see the cause in the log.",
        ),
        Code.CERTIFICATE_ENDED: Explained(
            "your certificate has ended.",
            "Run `bastion login` and connect again; `ssh -O exit` closes a shared connection.",
        ),
        Code.INTERNAL: Explained(
            "something went wrong inside the bastion; the session ended.",
            "Tell the operators the time and this code.",
        ),
        Code.TOKEN_REFUSED: Explained(
            "the login was refused.",
            "Run `bastion login` again; tell the operators if it stays so.",
        ),
        Code.TOKEN_REPLAYED: Explained(
            "this login was used already.",
            "Run `bastion login` again; if that was not you, tell security.",
        ),
        Code.KEY_REFUSED: Explained(
            "that public key cannot be certified.",
            "Use an ed25519 key, as `bastion login` makes.",
        ),
        Code.REQUEST_MALFORMED: Explained(
            "the request could not be read.",
            "Use the `bastion` client of the same version as the server.",
        ),
        Code.REQUEST_UNKNOWN: Explained(
            "there is no such request.",
            "Look in the inbox for what is pending.",
        ),
        Code.REQUEST_DECIDED: Explained(
            "this request was decided already.",
            "Nothing is left to do; the page shows by whom, and why.",
        ),
        Code.REQUEST_CANCELLED: Explained(
            "nobody waits for this any more, so your decision does nothing.",
            "Nothing is left to do; if it is still needed, the engineer asks again.",
        ),
        Code.REQUEST_EXPIRED: Explained(
            "nobody decided this request in time, so it released nothing.",
            "Ask the engineer to ask again.",
        ),
        Code.OWN_REQUEST: Explained(
            "you cannot decide your own request.",
            "Ask somebody else who may approve, or sign in as somebody else.",
        ),
        Code.NOT_APPROVER: Explained(
            "you are not in a group that may decide this.",
            "Pass the link on to a member of the groups named.",
        ),
        Code.REASON_NEEDED: Explained(
            "a denial needs a reason, and a reason has a limit.",
            "Write a sentence that helps the engineer.",
        ),
        Code.LINK_INVALID: Explained(
            "this link is not one of ours.",
            "Open the link from the message again, or look in the inbox.",
        ),
        Code.LINK_EXPIRED: Explained(
            "this link is too old.",
            "Look in the inbox for what is pending.",
        ),
        Code.FORM_EXPIRED: Explained(
            "this form is out of date, so nothing was decided.",
            "Open the page again and decide there.",
        ),
        Code.SIGN_IN_FAILED: Explained(
            "signing in did not work.",
            "Try again; tell the operators if it stays so.",
        ),
    }
)


@dataclass(frozen=True)
class Refusal:
    """A denial that was expected: who asked gets `text()`, the log gets `cause` as well.

    Attributes:
        code: the stable code.
        detail: what is particular to this case, shown to the user; may be empty.
        cause: what only the log may say; never shown.
    """

    code: Code
    detail: str = ""
    cause: str = ""

    def text(self) -> str:
        """The one line a user sees; untrusted parts are the caller's to make printable."""
        known = EXPLAINED[self.code]
        detail = f" ({self.detail})" if self.detail else ""
        return f"bastion: {known.sentence}{detail} {known.next_step} [{self.code}]"
