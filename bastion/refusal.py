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
    CHANNEL_REFUSED = "channel-refused"
    COMMAND_BLOCKED = "command-blocked"
    COMMAND_DENIED = "command-denied"
    COMMAND_EXPIRED = "command-expired"
    COMMAND_CANCELLED = "command-cancelled"
    COMMAND_UNJUDGED = "command-unjudged"
    HOST_UNREACHABLE = "host-unreachable"
    HOST_KEY_CHANGED = "host-key-changed"
    HOST_LOGIN_REFUSED = "host-login-refused"
    HOST_CREDENTIAL_UNUSABLE = "host-credential-unusable"
    NO_DESTINATION = "no-destination"
    LOCKED = "locked"
    REVOKED = "revoked"
    SESSION_EXPIRED = "session-expired"
    SESSION_IDLE = "session-idle"
    TOO_MANY_SESSIONS = "too-many-sessions"
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
        Code.CHANNEL_REFUSED: Explained(
            "this kind of channel is not allowed here.",
            "Use a shell or a command; ask security if your work needs more.",
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
        Code.HOST_UNREACHABLE: Explained(
            "the host did not answer.",
            "Try again later; the operators see the cause in the log.",
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
            "Use `ssh HOST` with the block of `bastion ssh-config`, or `ssh LOGIN@HOST@BASTION`.",
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
        Code.REQUEST_EXPIRED: Explained(
            "nobody decided this request in time; the command did not run.",
            "Ask the engineer to run it again.",
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
