"""What the audit log can say: its codes, each with its meaning.

What always holds: a code is never renamed once released, and docs/codes.md lists every one. What it
does not do: write.
"""

from enum import StrEnum
from typing import Self


class AuditCode(StrEnum):
    """What happened.

    Attributes:
        meaning: the same in words.
    """

    meaning: str

    def __new__(cls, code: str, meaning: str) -> Self:
        """A code with its meaning."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    SERVER_STARTED = "server-started", "the bastion began to serve"
    SERVER_STOPPED = "server-stopped", "the bastion stopped on request"
    RULES_LOADED = "rules-loaded", "rules, access and inventory were read and are in force"
    RULES_REFUSED = "rules-refused", "changed rules could not be read; the old ones stay in force"
    CERTIFICATE_ISSUED = "certificate-issued", "a login became a certificate"
    CERTIFICATE_REFUSED = "certificate-refused", "a request for a certificate was refused"
    LOGIN_ACCEPTED = "login-accepted", "somebody logged in by certificate"
    LOGIN_REFUSED = "login-refused", "a certificate was refused, or a key that has none"
    LIMIT_REACHED = "limit-reached", "somebody met one of the limits, and was refused"
    REFUSALS_COUNTED = (
        "refusals-counted",
        "so many more refusals, by code and address, than are written one by one",
    )
    DEVICE_LOGIN_ACCEPTED = (
        "device-login-accepted",
        "somebody without a certificate signed in for an ssh connection",
    )
    DEVICE_LOGIN_REFUSED = "device-login-refused", "such a sign-in did not come about"
    CA_ROTATED = "ca-rotated", "an operator has a new key made for a CA"
    CA_KEYS_CHANGED = "ca-keys-changed", "a CA has other keys, after a rotation"
    CA_KEYS_REFUSED = "ca-keys-refused", "changed CA keys could not be opened; the old ones stay"
    WEB_LOGIN_ACCEPTED = "web-login-accepted", "somebody signed in to the web pages"
    WEB_LOGIN_REFUSED = "web-login-refused", "a sign-in to the web pages was refused"
    ACCESS_DENIED = "access-denied", "a host was refused to somebody"
    SESSION_OPENED = "session-opened", "a session began; its recording is open"
    SESSION_CLOSED = "session-closed", "a session ended; its recording is sealed"
    SESSION_FAILED = "session-failed", "a session ended by a failure of the bastion"
    SESSION_RECOVERED = "session-recovered", "a recording that was cut off was closed at start"
    SESSION_REVOKED = "session-revoked", "a living session was ended from outside"
    LOCK_SET = "lock-set", "somebody locked a person, group, host, certificate or session"
    LOCK_LIFTED = "lock-lifted", "somebody lifted a lock"
    FORWARD_CLOSED = "forward-closed", "a forwarded connection ended; how much it carried"
    FORWARD_LISTENING = "forward-listening", "a host began to listen for somebody (`ssh -R`)"
    UPSTREAM_FAILED = "upstream-failed", "a host could not be reached or did not prove itself"
    COMMAND_BLOCKED = "command-blocked", "a rule blocked a command"
    COMMAND_NOTIFIED = "command-notified", "a command ran that a rule has people told of"
    FILE_DENIED = "file-denied", "a path outside the folders that access rules open was refused"
    COMMAND_UNASKED = "command-unasked", "a line ran in a shell that had to ask and did not"
    DENY_UNVERIFIED = "deny-unverified", "a line was stopped, and nothing shows that it did not run"
    COMMAND_HELD = "command-held", "a command waits for approval"
    ACCESS_ASKED = "access-asked", "somebody asked for access that needs an approval"
    ACCESS_CANCELLED = "access-cancelled", "a request for access was taken back or came to nothing"
    ACCESS_EXPIRED = "access-expired", "nobody decided a request for access in time"
    ACCESS_REVOKED = "access-revoked", "an approved access was ended before its time"
    BASTION_COMMAND = "bastion-command", "somebody ran a command of the bastion itself"
    MENU_CHOSEN = "menu-chosen", "somebody chose a host and an account in the menu"
    REQUEST_DECIDED = "request-decided", "an approver decided a request"
    REQUEST_REFUSED = "request-refused", "somebody tried to decide who may not"
    RECORDING_FAILED = "recording-failed", "a session ended because it could not be recorded"
    HOST_KEY_CHANGED = "host-key-changed", "a host presented another key than the pinned one"
    HOST_ADDED = "host-added", "a host and its key were added to the inventory by `hosts scan`"
    CREDENTIAL_ADDED = "credential-added", "a key or password for hosts was stored"
    CREDENTIAL_ROTATED = "credential-rotated", "a stored key or password was replaced"
    CREDENTIALS_RESEALED = "credentials-resealed", "stored secrets were sealed with another key"
    CREDENTIAL_REMOVED = "credential-removed", "a stored key or password was removed"
    CHAT_FAILED = "chat-failed", "approvers could not be told in a chat"
