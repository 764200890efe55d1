"""Which approvals are in force, and how they are taken back."""

from dataclasses import replace

import pytest

from bastion.approval.decide import (
    MAX_REASON_CHARS,
    Choice,
    decide,
    hindrance,
    is_open,
    revoke,
    revoke_hindrance,
)
from bastion.approval.permits import PermitBook, permit_of
from bastion.approval.request import access_binding, new_access_request
from bastion.authorization import Ask, Permit
from bastion.errors import StoreError
from bastion.identity import Identity
from bastion.refusal import Code
from bastion.target import Login, Target
from tests.approval.conftest import Somebody

ANN = Identity("s-ann", "ann", frozenset({"eng"}), 7, 2_000_000_000, "SHA256:x", "192.0.2.9")
GPU = Ask(Target("gpu-01", "192.0.2.1"), Login("root"), "with-leads", ("leads",), 3600)
BOB = Somebody()


@pytest.fixture
def asked(beside, clock):
    """A pending request for ten minutes."""
    row = new_access_request(
        ANN, GPU, seconds=600, reason="driver", clock=clock, patience_seconds=300
    )
    beside.requests.add(row)
    return row


@pytest.fixture
def approved(asked, beside, clock):
    """The same, approved now."""
    assert decide(beside, asked, BOB, Choice(is_approved=True, reason=""), clock.now()) is None
    return beside.requests.get(asked.id)


@pytest.fixture
def book(worker, clock):
    return PermitBook(worker, clock)


async def test_an_approval_is_in_force_for_its_time(book, approved, clock):
    """From the decision on, for this person."""
    permit = Permit(approved.id, "s-ann", "gpu-01", "root", frozenset({"leads"}), clock.now(), 600)
    assert await book.of("s-ann") == (permit,)
    assert await book.of("s-bob") == ()
    clock.advance(599)
    assert await book.of("s-ann") == (permit,)
    clock.advance(1)
    assert await book.of("s-ann") == ()
    assert await book.withdrawn([approved.id]) == {}


@pytest.mark.parametrize("state", ["pending", "denied", "expired", "cancelled", "lapsed", "used"])
async def test_nothing_else_is_in_force(book, approved, beside, state):
    """Only what was approved; who lived by it is told."""
    beside.requests._database.execute("UPDATE requests SET state = ?", [state])
    assert await book.of("s-ann") == ()
    assert set(await book.withdrawn([approved.id])) == {approved.id}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("subject", "s-eve"),
        ("target", "gpu-02"),
        ("login", "toor"),
        ("seconds", 60_000),
        ("approvers", '["eve"]'),
        ("binding", "00"),
        ("kind", "command"),
        ("decided_at", None),
    ],
)
async def test_a_row_that_was_changed_opens_nothing(book, approved, beside, column, value):
    """What was approved is bound to all that it opens."""
    beside.requests._database.execute(f"UPDATE requests SET {column} = ?", [value])  # noqa: S608
    assert await book.of("s-ann") == await book.of("s-eve") == ()
    assert set(await book.withdrawn([approved.id])) == {approved.id}


def test_an_approved_command_opens_no_host(request_row):
    """Though it was approved for the same person and host."""
    row = request_row(state="approved", decided_at=1.0, seconds=600)
    assert permit_of(row) is None
    assert permit_of(replace(row, kind="access")) is None


def test_every_part_of_the_binding_counts(asked):
    """No part can pose as another."""
    changes = [
        {"subject": "s-bob"},
        {"target": "gpu-02"},
        {"login": "x"},
        {"seconds": 6000},
        {"approvers": ("leads", "others")},
        {"approvers": ("lead", "s")},
        {"target": "gpu-01root", "login": ""},
    ]
    made = {access_binding(replace(asked, **change)) for change in changes}
    assert len(made | {access_binding(asked)}) == len(changes) + 1


async def test_a_revoked_one_says_by_whom_and_why(book, approved, beside, clock):
    """At once, printable, and once only."""
    assert revoke(beside, approved, by="bob", reason=" enough\x1b[2J ", now=clock.now()) is None
    assert await book.of("s-ann") == ()
    [refusal] = (await book.withdrawn([approved.id])).values()
    assert refusal.code is Code.APPROVAL_REVOKED
    assert refusal.detail.startswith("by bob: enough")
    assert "\x1b" not in refusal.detail
    again = revoke(beside, approved, by="eve", reason="x", now=clock.now())
    assert again.code is Code.REQUEST_DECIDED
    assert beside.requests.get(approved.id).revoker == "bob"


async def test_one_that_is_not_there_is_not_in_force(book):
    """Nor is nothing asked for nothing."""
    assert set(await book.withdrawn(["nothing"])) == {"nothing"}
    assert await book.withdrawn([]) == {}


@pytest.mark.parametrize("reason", ["", " \n", "x" * (MAX_REASON_CHARS + 1)])
def test_taking_back_needs_a_reason(beside, approved, clock, reason):
    """Whoever is thrown out reads it."""
    refusal = revoke(beside, approved, by="bob", reason=reason, now=clock.now())
    assert refusal.code is Code.REASON_NEEDED
    assert is_open(beside.requests.get(approved.id), clock.now())


def test_only_what_is_open_can_be_taken_back(beside, asked, approved, clock):
    """Neither a request that waits, nor one whose time is over."""
    assert revoke(beside, asked, by="bob", reason="x", now=clock.now()).code is (
        Code.REQUEST_DECIDED
    )
    late = clock.now() + 600
    assert revoke(beside, approved, by="bob", reason="x", now=late).code is Code.REQUEST_DECIDED


@pytest.mark.parametrize(
    ("who", "code"),
    [
        (BOB, None),
        (Somebody("s-eve", "eve", frozenset({"eng"})), Code.NOT_APPROVER),
        (Somebody("s-eve", "eve", frozenset()), Code.NOT_APPROVER),
    ],
)
def test_who_may_take_it_back_on_a_page(approved, clock, who, code):
    """Whoever could have approved it."""
    refusal = revoke_hindrance(approved, who, clock.now())
    assert (refusal.code if refusal else None) is code


@pytest.mark.parametrize(
    ("subject", "account"),
    [
        ("s-ann", "anna"),
        ("other", "ann"),
        ("other", "Ann"),
        ("other", " ANN "),
        ("other", "\uff41\uff4e\uff4e"),
    ],
)
def test_nobody_approves_for_themselves(asked, clock, subject, account):
    """However their account is spelled by another provider."""
    who = Somebody(subject, account, frozenset({"leads"}))
    assert hindrance(asked, who, clock.now()).code is Code.OWN_REQUEST


async def test_a_store_that_fails_lets_nobody_in(book, worker, approved):
    """It is an error, not an empty list."""
    await worker.run(lambda store: store.close())
    with pytest.raises(StoreError):
        await book.of("s-ann")
    with pytest.raises(StoreError):
        await book.withdrawn([approved.id])
