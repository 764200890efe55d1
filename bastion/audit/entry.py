"""What the audit log can say: its codes, each with its meaning.

What always holds: a code is never renamed once released, and docs/codes.md lists every one. What it
does not do: write.
"""

from enum import StrEnum


class AuditCode(StrEnum):
    """What happened."""

    SERVER_STARTED = "server-started"
    SERVER_STOPPED = "server-stopped"
    RULES_LOADED = "rules-loaded"
    RULES_REFUSED = "rules-refused"
    CERTIFICATE_ISSUED = "certificate-issued"
    CERTIFICATE_REFUSED = "certificate-refused"
    LOGIN_ACCEPTED = "login-accepted"
    LOGIN_REFUSED = "login-refused"
    WEB_LOGIN_ACCEPTED = "web-login-accepted"
    WEB_LOGIN_REFUSED = "web-login-refused"
    ACCESS_DENIED = "access-denied"
    SESSION_OPENED = "session-opened"
    SESSION_CLOSED = "session-closed"
    SESSION_RECOVERED = "session-recovered"
    UPSTREAM_FAILED = "upstream-failed"
    COMMAND_BLOCKED = "command-blocked"
    COMMAND_HELD = "command-held"
    REQUEST_DECIDED = "request-decided"
    REQUEST_REFUSED = "request-refused"
    RECORDING_FAILED = "recording-failed"
    CHAT_FAILED = "chat-failed"
