"""Whom a lock meets, what is said to them, and what can be locked at all."""

import pytest

from bastion.identity import Identity
from bastion.locks.lock import LockKind, locked, problem, refusal
from bastion.refusal import Code
from bastion.store.rows import Lock

FINGERPRINT = "SHA256:" + "a" * 43
ANN = Identity(
    subject="248289761001",
    account="ann",
    groups=frozenset({"engineers", "on-call"}),
    serial=7,
    valid_before=2_000_000_000,
    fingerprint=FINGERPRINT,
    address="192.0.2.7",
)


def lock(kind: str, value: str, lock_id: str = "l1") -> Lock:
    return Lock(lock_id, kind, value, "incident 4711", 1.0, "local:root")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("user", "ann"),
        ("user", "248289761001"),
        ("group", "on-call"),
        ("host", "gpu-01"),
        ("host", "gpu-*"),
        ("host", "jump-01"),
        ("certificate", "7"),
        ("certificate", FINGERPRINT),
        ("session", "s1"),
        ("all", "*"),
        ("a-kind-of-a-newer-version", "x"),
    ],
)
def test_it_meets_whom_it_names(kind, value):
    """By every name that somebody or something has; what is not understood locks."""
    found = locked([lock(kind, value)], ANN, way=("gpu-01", "jump-01"), session="s1")
    assert found == lock(kind, value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("user", "an"),
        ("user", "Ann"),
        ("user", "a*"),
        ("user", "engineers"),
        ("group", "on"),
        ("group", "ann"),
        ("host", "gpu-02"),
        ("host", "gpu-0"),
        ("host", "cpu-*"),
        ("certificate", "77"),
        ("certificate", "ann"),
        ("session", "s"),
        ("session", "*"),
    ],
)
def test_it_meets_nobody_else(kind, value):
    """Names match in full; only hosts have globs; a kind's value means nothing to another."""
    assert locked([lock(kind, value)], ANN, way=("gpu-01", "jump-01"), session="s1") is None


@pytest.mark.parametrize(("kind", "value"), [("host", "*"), ("host", ""), ("session", "")])
def test_who_is_nowhere_yet_meets_no_lock_on_a_place(kind, value):
    """At the login there is neither host nor session."""
    assert locked([lock(kind, value)], ANN) is None


def test_the_first_of_several_is_named():
    """The oldest, for they come in that order."""
    both = [lock("group", "engineers", "l1"), lock("user", "ann", "l2")]
    assert locked(both, ANN).id == "l1"
    assert locked([lock("user", "eve"), both[1]], ANN).id == "l2"
    assert locked([], ANN) is None


def test_the_reason_is_shown_and_the_setter_is_not():
    """The person reads why; who set it stands in the log."""
    said = refusal(lock("user", "ann"))
    assert said.code is Code.LOCKED
    assert "(incident 4711)" in said.text()
    assert "root" not in said.text()
    assert said.cause == "lock l1 set by local:root"


def test_a_reason_cannot_drive_a_terminal():
    """Whoever wrote it: it is printable and has an end."""
    hostile = Lock("l1", "user", "ann", "\x1b]0;x\x07\r\n" + "y" * 9999, 1.0, "x")
    text = refusal(hostile).text()
    assert text.isprintable()
    assert len(text) < 600


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("user", "ann"),
        ("user", "ann@example.org"),
        ("group", "GPU users"),
        ("host", "gpu-[0-3]*"),
        ("certificate", "0"),
        ("certificate", "18446744073709551615"),
        ("certificate", FINGERPRINT),
    ],
)
def test_what_can_be_locked(kind, value):
    """Whatever can be a name."""
    assert problem(LockKind(kind), value) == ""


@pytest.mark.parametrize(
    ("kind", "value", "wrong"),
    [
        ("user", "", "empty"),
        ("group", "  ", "empty"),
        ("host", "x" * 257, "longer"),
        ("user", "ann\x1b[2J", "cannot be shown"),
        ("user", "ann\n", "cannot be shown"),
        ("certificate", "ann", "neither a serial"),
        ("certificate", "-7", "neither a serial"),
        ("certificate", "SHA256:short", "neither a serial"),
        ("certificate", "MD5:00", "neither a serial"),
    ],
)
def test_what_cannot_be_locked_is_said(kind, value, wrong):
    """Before it is kept: a lock that can meet nobody would be a false comfort."""
    assert wrong in problem(LockKind(kind), value)
