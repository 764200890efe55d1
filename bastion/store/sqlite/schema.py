"""The tables, as migrations that run once each and in order.

What always holds: a migration that was released is never edited; a change is a new one below. The
audit table refuses UPDATE and DELETE by trigger. What it does not do: read or write rows.
"""

from sqlite_utils import Database, Migrations

migrations = Migrations("bastion")

_APPEND_ONLY = """
CREATE TRIGGER audit_no_{event} BEFORE {event} ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
"""


@migrations(name="0001_sessions")
def _sessions(db: Database) -> None:
    db.table("sessions").create(
        {
            "id": str,
            "kind": str,
            "subject": str,
            "account": str,
            "address": str,
            "serial": int,
            "target": str,
            "login": str,
            "command": str,
            "started_at": float,
            "recording": str,
            "ended_at": float,
            "ending": str,
            "exit_status": int,
        },
        pk="id",
    )
    db.table("sessions").create_index(["started_at"])
    db.table("commands").create(
        {
            "id": str,
            "session_id": str,
            "at": float,
            "source": str,
            "text": str,
            "verdict": str,
            "rule": str,
            "reason": str,
            "outcome": str,
            "outcome_by": str,
        },
        pk="id",
        foreign_keys=[("session_id", "sessions", "id")],
    )
    db.table("commands").create_index(["session_id", "at"])
    db.table("logins").create(
        {
            "id": int,
            "at": float,
            "kind": str,
            "subject": str,
            "account": str,
            "address": str,
            "serial": int,
        },
        pk="id",
    )


@migrations(name="0002_requests")
def _requests(db: Database) -> None:
    db.table("requests").create(
        {
            "id": str,
            "session_id": str,
            "command_id": str,
            "created_at": float,
            "expires_at": float,
            "state": str,
            "subject": str,
            "account": str,
            "target": str,
            "login": str,
            "text": str,
            "rule": str,
            "reason": str,
            "binding": str,
            "dangerous": str,
            "approvers": str,
            "decided_at": float,
            "decided_by": str,
            "decider": str,
            "decision_reason": str,
        },
        pk="id",
    )
    db.table("requests").create_index(["state", "created_at"])


@migrations(name="0003_certificates")
def _certificates(db: Database) -> None:
    db.table("certificates").create(
        {
            "serial": int,
            "subject": str,
            "account": str,
            "groups": str,
            "fingerprint": str,
            "valid_after": int,
            "valid_before": int,
            "issued_at": float,
            "address": str,
            "token_sha256": str,
        },
        pk="serial",
    )
    db.table("certificates").create_index(["token_sha256"], unique=True)


@migrations(name="0004_audit")
def _audit(db: Database) -> None:
    db.table("audit").create(
        {
            "seq": int,
            "at": float,
            "code": str,
            "subject": str,
            "detail": str,
            "hash": str,
            "signature": str,
        },
        pk="seq",
    )
    for event in ("UPDATE", "DELETE"):
        db.execute(_APPEND_ONLY.format(event=event))


@migrations(name="0006_credentials")
def _credentials(db: Database) -> None:
    db.table("credentials").create(
        {
            "name": str,
            "kind": str,
            "sealed": bytes,
            "public": str,
            "fingerprint": str,
            "created_at": float,
            "created_by": str,
            "rotated_at": float,
            "rotated_by": str,
        },
        pk="name",
    )


@migrations(name="0005_locks")
def _locks(db: Database) -> None:
    db.table("locks").create(
        {
            "id": str,
            "kind": str,
            "value": str,
            "reason": str,
            "created_at": float,
            "created_by": str,
            "expires_at": float,
            "lifted_at": float,
            "lifted_by": str,
        },
        pk="id",
    )
    db.execute("CREATE INDEX locks_standing ON locks (created_at) WHERE lifted_at IS NULL")
    db.execute("CREATE INDEX sessions_open ON sessions (subject) WHERE ended_at IS NULL")


@migrations(name="0007_access_requests")
def _access_requests(db: Database) -> None:
    requests = db.table("requests")
    requests.add_column("kind", str, not_null_default="command")
    requests.add_column("seconds", int, not_null_default=0)
    requests.add_column("address", str, not_null_default="")
    requests.add_column("revoked_at", float)
    requests.add_column("revoker", str, not_null_default="")
    requests.add_column("revoke_reason", str, not_null_default="")
    db.execute("CREATE INDEX requests_access ON requests (subject, state) WHERE kind = 'access'")


@migrations(name="0008_files")
def _files(db: Database) -> None:
    db.table("files").create(
        {
            "session_id": str,
            "number": int,
            "at": float,
            "operation": str,
            "action": str,
            "path": str,
            "other": str,
            "verdict": str,
            "rule": str,
            "result": str,
            "read_bytes": int,
            "read_sha256": str,
            "written_bytes": int,
            "written_sha256": str,
            "copy": str,
        },
        pk=("session_id", "number"),
        foreign_keys=[("session_id", "sessions", "id")],
    )
    db.table("files").create_index(["at"])


@migrations(name="0009_logins_by_subject")
def _logins_by_subject(db: Database) -> None:
    db.table("logins").create_index(["subject", "at"])


@migrations(name="0010_kept_requests")
def _kept_requests(db: Database) -> None:
    db.table("requests").add_column("is_kept", int, not_null_default=0)


@migrations(name="0011_requests_in_place")
def _requests_in_place(db: Database) -> None:
    for name, default in (("directory", ""), ("resolved", "[]"), ("screen", "")):
        db.table("requests").add_column(name, str, not_null_default=default)
