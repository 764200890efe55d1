"""Who may decide, and that it happens once."""

import subprocess
import sys

import pytest

from bastion.approval.decide import MAX_REASON_CHARS, Choice, decide, hindrance
from bastion.approval.states import CANCELLED, EXPIRED, MOVES, PENDING
from bastion.refusal import Code
from bastion.store.sqlite.database import open_store
from tests.approval.conftest import Somebody
from tests.samples import wanted

APPROVE, DENY = Choice(is_approved=True, reason=""), Choice(is_approved=False, reason="too risky")
BOB = Somebody()
ELSEWHERE = """
import sys
from bastion.approval.decide import Choice, decide
from bastion.store.sqlite.database import open_store
from pathlib import Path
from types import SimpleNamespace

path, name, now, *ids = sys.argv[1:]
store = open_store(Path(path))
who = SimpleNamespace(subject="s-" + name, account=name, groups=frozenset({"leads"}))
rows = [store.requests.get(each) for each in ids]
print("ready", flush=True)
sys.stdin.readline()
for row in rows:
    choice = Choice(is_approved=name == "bob", reason="because")
    refusal = decide(store, row, who, choice, float(now))
    print(refusal.code if refusal else "decided", flush=True)
"""


@pytest.fixture
def store(database):
    opened = open_store(database)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("who", "code"),
    [
        (BOB, None),
        (Somebody(groups=frozenset({"leads", "engineers"})), None),
        (Somebody(groups=frozenset({"engineers"})), Code.NOT_APPROVER),
        (Somebody(groups=frozenset({"LEADS", "leads ", "lead"})), Code.NOT_APPROVER),
        (Somebody(groups=frozenset()), Code.NOT_APPROVER),
        (Somebody(wanted().subject, "ann"), Code.OWN_REQUEST),
        (Somebody(wanted().subject, "another-name"), Code.OWN_REQUEST),
        (Somebody("another-subject", "ann"), Code.OWN_REQUEST),
        (Somebody(wanted().subject, "ann", frozenset()), Code.OWN_REQUEST),
    ],
)
def test_who_may_decide(request_row, clock, who, code):
    """Members of the group who are not the requester, by subject or by account."""
    refusal = hindrance(request_row(), who, clock.now())
    assert (refusal.code if refusal else None) == code


def test_where_no_group_is_named_nobody_decides(request_row, clock):
    """No approvers is not everybody."""
    refusal = hindrance(request_row(approvers=()), BOB, clock.now())
    assert refusal.code is Code.NOT_APPROVER


@pytest.mark.parametrize("state", sorted(set(MOVES) - {PENDING, EXPIRED, CANCELLED}))
def test_what_was_decided_stays_decided(store, request_row, clock, state):
    """By anybody, either way."""
    store.requests.add(request_row(state=state))
    for choice in (APPROVE, DENY):
        refusal = decide(store, request_row(state=state), BOB, choice, clock.now())
        assert refusal.code is Code.REQUEST_DECIDED
    assert store.requests.get(request_row().id).state == state


@pytest.mark.parametrize("state", [PENDING, EXPIRED])
def test_an_expired_request_is_decided_by_nobody(store, request_row, clock, state):
    """From the very moment on, whether or not the waiting session has noticed."""
    row = request_row(state=state)
    store.requests.add(row)
    clock.advance(300)
    assert decide(store, row, BOB, APPROVE, clock.now()).code is Code.REQUEST_EXPIRED
    assert store.requests.get(row.id).state == state


def test_until_then_it_can_be_decided(store, request_row, clock):
    """The last moment counts."""
    store.requests.add(request_row())
    clock.advance(299.9)
    assert decide(store, request_row(), BOB, APPROVE, clock.now()) is None


@pytest.mark.parametrize(
    ("choice", "kept"),
    [
        (APPROVE, ("approved", "")),
        (Choice(is_approved=True, reason=" fine \n"), ("approved", "fine")),
        (DENY, ("denied", "too risky")),
        (Choice(is_approved=False, reason="x" * MAX_REASON_CHARS), ("denied", "x" * 500)),
    ],
)
def test_a_decision_is_kept(store, request_row, clock, choice, kept):
    """With who, when and why; everything else stays as it was asked."""
    store.requests.add(request_row())
    assert decide(store, request_row(), BOB, choice, clock.now()) is None
    assert store.requests.get(request_row().id) == request_row(
        state=kept[0],
        decided_at=clock.now(),
        decided_by="s-bob",
        decider="bob",
        decision_reason=kept[1],
    )


@pytest.mark.parametrize(
    "choice",
    [
        Choice(is_approved=False, reason=""),
        Choice(is_approved=False, reason=" \t\n"),
        Choice(is_approved=False, reason="x" * (MAX_REASON_CHARS + 1)),
        Choice(is_approved=True, reason="x" * (MAX_REASON_CHARS + 1)),
    ],
)
def test_a_reason_is_needed_to_deny_and_has_a_limit(store, request_row, clock, choice):
    """Otherwise nothing is decided."""
    store.requests.add(request_row())
    assert decide(store, request_row(), BOB, choice, clock.now()).code is Code.REASON_NEEDED
    assert store.requests.get(request_row().id).state == PENDING


@pytest.mark.parametrize("seen", [CANCELLED, PENDING])
def test_who_decides_what_nobody_waits_for_is_told_so(store, request_row, clock, seen):
    """Also where it was taken back behind their view."""
    store.requests.add(request_row(state=CANCELLED))
    refusal = decide(store, request_row(state=seen), BOB, APPROVE, clock.now())
    assert refusal.code is Code.REQUEST_CANCELLED
    assert store.requests.get(request_row().id).state == CANCELLED


def test_a_stale_view_decides_nothing(store, request_row, clock):
    """Whoever looked before somebody else decided finds the store moved on."""
    store.requests.add(request_row())
    assert decide(store, request_row(), BOB, DENY, clock.now()) is None
    late = decide(store, request_row(), Somebody("s-eve", "eve"), APPROVE, clock.now())
    assert late.code is Code.REQUEST_DECIDED
    assert store.requests.get(request_row().id).decider == "bob"


def test_of_two_processes_exactly_one_decides(store, database, request_row, clock):
    """Two approvers at once, thirty times: one wins, the other is told."""
    ids = [f"01kah9aaaaaaaaaaaaaaaaaa{number:02}" for number in range(30)]
    for each in ids:
        store.requests.add(request_row(id=each))
    deciders = {
        name: subprocess.Popen(
            [sys.executable, "-c", ELSEWHERE, str(database), name, str(clock.now()), *ids],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("bob", "carol")
    }
    for process in deciders.values():
        assert process.stdout.readline() == "ready\n"
    for process in deciders.values():
        process.stdin.write("\n")
        process.stdin.flush()
    said = {name: process.communicate(timeout=60)[0].split() for name, process in deciders.items()}
    for number, each in enumerate(ids):
        answers = {name: lines[number] for name, lines in said.items()}
        assert sorted(answers.values()) == ["decided", "request-decided"]
        row = store.requests.get(each)
        assert answers[row.decider] == "decided"
        assert row.state == ("approved" if row.decider == "bob" else "denied")
