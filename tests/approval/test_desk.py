"""The desk: commands wait, decisions arrive through the store, nothing is released by accident."""

import asyncio

import pytest

from bastion.approval.decide import Choice, decide
from bastion.approval.desk import Decision, Held
from bastion.approval.looks import LOOK_SECONDS
from bastion.approval.states import APPROVED, LAPSED, SESSION_ENDED
from bastion.errors import ChatError, StoreError
from tests.approval.conftest import Somebody
from tests.samples import wanted
from tests.servers.waiting import turn

BOB = Somebody()


class Told:
    """A chat that hands over what it was told, or fails as it is bidden."""

    name = "told"

    def __init__(self, *failures):
        self.failures, self.messages, self.may_go_on = list(failures), [], asyncio.Event()
        self.may_go_on.set()

    async def tell(self, message):
        await self.may_go_on.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.messages.append(message)


def decided(beside, held, clock, *, is_approved, reason="because"):
    """What an approver does, in another process."""
    row = beside.requests.get(held.request.id)
    assert decide(beside, row, BOB, Choice(is_approved, reason), clock.now()) is None


def state(beside, held):
    return beside.requests.get(held.request.id).state


def break_store(worker):
    """The store answers nothing from now on."""
    return worker.run(lambda store: store.close())


def entries(beside):
    return [(entry.code, entry.detail) for entry in beside.audit.entries(0, 100)]


async def test_an_approved_command_is_released_once(new_desk, beside, clock):
    """By whom and why comes along; the request is used up."""
    desk = new_desk()
    held = await desk.hold(wanted())
    waiting = asyncio.create_task(desk.outcome(held))
    decided(beside, held, clock, is_approved=True)
    assert await waiting == Decision("approved", "bob", "because", is_released=True)
    assert state(beside, held) == "used"
    assert not (await desk.outcome(held)).is_released


async def test_two_sessions_cannot_use_one_approval(new_desk, beside, clock):
    """Whoever waits twice for the same request: one is released."""
    desk = new_desk()
    held = await desk.hold(wanted())
    waiting = [asyncio.create_task(desk.outcome(held)) for _ in range(5)]
    decided(beside, held, clock, is_approved=True)
    outcomes = await asyncio.gather(*waiting)
    assert [outcome.is_released for outcome in outcomes].count(True) == 1
    assert [outcome.state for outcome in outcomes].count("approved") == 1


async def test_a_decision_ends_the_waiting(new_desk, beside, clock):
    """Whichever process decided; so often the store is asked that it is heard within a second."""
    desk = new_desk()
    held = await desk.hold(wanted())
    waiting = asyncio.create_task(desk.outcome(held))
    decided(beside, held, clock, is_approved=False)
    assert await waiting == Decision("denied", "bob", "because")
    assert LOOK_SECONDS < 1


async def test_an_approval_releases_nothing_else(new_desk, beside, clock):
    """Approved was one text; what waits is another: neither runs, and the approval is void."""
    desk = new_desk()
    held = await desk.hold(wanted())
    decided(beside, held, clock, is_approved=True)
    other = Held(held.request, wanted(text="rm -rf /mnt/y"))
    assert await desk.outcome(other) == Decision("lapsed", "bob", "because")
    assert state(beside, held) == "lapsed"


async def test_time_that_runs_out_denies(new_desk, beside, clock):
    """By the clock of the request; afterwards nobody can approve."""
    desk = new_desk()
    held = await desk.hold(wanted())
    waiting = asyncio.create_task(desk.outcome(held))
    clock.advance(300)
    assert await waiting == Decision("expired")
    assert state(beside, held) == "expired"


async def test_before_the_time_is_over_it_waits(new_desk, beside, clock):
    """To the last second."""
    desk = new_desk()
    held = await desk.hold(wanted())
    waiting = asyncio.create_task(desk.outcome(held))
    clock.advance(299.9)
    done, _ = await asyncio.wait([waiting], timeout=0.3)
    assert not done
    assert state(beside, held) == "pending"
    await desk.cancel(held)
    await waiting


async def test_the_requester_can_take_it_back(new_desk, beside, clock):
    """The waiting ends, and nobody can approve it any more."""
    desk = new_desk()
    held = await desk.hold(wanted())
    waiting = asyncio.create_task(desk.outcome(held))
    await desk.cancel(held)
    assert await waiting == Decision("cancelled")
    row = beside.requests.get(held.request.id)
    assert decide(beside, row, BOB, Choice(is_approved=True, reason=""), clock.now()) is not None


async def test_taking_back_too_late_changes_nothing(new_desk, beside, clock):
    """The decision stands."""
    desk = new_desk()
    held = await desk.hold(wanted())
    decided(beside, held, clock, is_approved=False)
    await desk.cancel(held)
    assert (await desk.outcome(held)).state == "denied"


async def test_a_session_that_goes_away_abandons_its_request(new_desk, beside):
    """Its waiting is cancelled, so the request is: an approver must not decide for nobody."""
    desk = new_desk()
    held = await desk.hold(wanted())
    waiting = asyncio.create_task(desk.outcome(held))
    await asyncio.wait([waiting], timeout=0.15)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    row = beside.requests.get(held.request.id)
    assert (row.state, row.decision_reason) == ("cancelled", SESSION_ENDED)


async def test_an_approval_that_comes_as_the_session_goes_lapses(new_desk, beside, clock):
    """It was approved, and nothing ran: both show."""
    desk = new_desk()
    held = await desk.hold(wanted())
    waiting = asyncio.create_task(desk.outcome(held))
    await asyncio.wait([waiting], timeout=0.05)  # it has looked once and pauses
    decided(beside, held, clock, is_approved=True)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert state(beside, held) == "lapsed"


async def test_gone_while_it_is_being_used(new_desk, beside, worker, clock):
    """Cancelled at any step of the release, the request ends used or lapsed, never left open."""
    desk = new_desk()
    for steps in range(1, 12):
        held = await desk.hold(wanted())
        decided(beside, held, clock, is_approved=True)
        waiting = asyncio.create_task(desk.outcome(held))
        for _ in range(steps):
            await worker.run(lambda _store: None)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert state(beside, held) in {"used", "lapsed"}


async def test_gone_while_it_asks(new_desk, beside, worker):
    """A session that goes away before the request is kept leaves none that waits."""
    desk = new_desk()
    for steps in range(4):
        holding = asyncio.create_task(desk.hold(wanted()))
        for _ in range(steps):
            await turn()
        holding.cancel()
        await asyncio.wait([holding])
        await worker.run(lambda _store: None)
        if holding.cancelled():
            assert beside.requests.pending() == []


async def test_a_store_that_fails_releases_nothing(new_desk, worker, clock, beside):
    """While it waits, and after it was approved."""
    desk = new_desk()
    held = await desk.hold(wanted())
    decided(beside, held, clock, is_approved=True)
    await break_store(worker)
    with pytest.raises(StoreError):
        await desk.outcome(held)


async def test_without_a_store_nothing_is_asked(new_desk, worker):
    """And no chat is told of what nobody can decide."""
    await break_store(worker)
    chat = Told()
    desk = new_desk(chat)
    with pytest.raises(StoreError):
        await desk.hold(wanted())
    await desk.close()
    assert chat.messages == []


async def test_a_request_that_vanishes_releases_nothing(new_desk, worker, beside):
    """Somebody removed the row."""
    desk = new_desk()
    held = await desk.hold(wanted())
    await worker.run(lambda store: store.requests._database.execute("DELETE FROM requests"))
    with pytest.raises(StoreError, match="not in the store"):
        await desk.outcome(held)
    assert beside.requests.latest(1) == []


async def test_a_store_that_fails_as_the_session_goes_is_no_second_error(new_desk, worker, beside):
    """The session ends by its cancellation."""
    desk = new_desk()
    held = await desk.hold(wanted())
    waiting = asyncio.create_task(desk.outcome(held))
    await asyncio.wait([waiting], timeout=0.05)
    await break_store(worker)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert state(beside, held) == "pending"  # until its time is over, but nobody waits for it


async def test_a_lapsed_approval_is_not_released(new_desk, beside, clock):
    """Withdrawn in between: the answer says so."""
    desk = new_desk()
    held = await desk.hold(wanted())
    decided(beside, held, clock, is_approved=True)
    beside.requests.move(held.request.id, APPROVED, LAPSED, {})
    assert await desk.outcome(held) == Decision("lapsed", "bob", "because")


async def test_chats_are_told_without_making_anybody_wait(new_desk, links):
    """`hold` returns while a chat is still slow; closing waits for it."""
    slow, quick = Told(), Told()
    slow.may_go_on.clear()
    desk = new_desk(slow, quick)
    held = await desk.hold(wanted())
    assert slow.messages == []
    slow.may_go_on.set()
    await desk.close()
    for chat in (slow, quick):
        (message,) = chat.messages
        assert message.request == held.request
        assert message.link == links.url(held.request)


async def test_a_chat_that_fails_is_audited(new_desk, beside):
    """One failing does not keep the next from being told."""
    failing, working = Told(ChatError("status 500")), Told()
    desk = new_desk(failing, working)
    held = await desk.hold(wanted())
    await desk.close()
    assert len(working.messages) == 1
    assert entries(beside) == [
        ("chat-failed", {"request": held.request.id, "chat": "told", "cause": "status 500"})
    ]


async def test_a_chat_that_breaks_is_audited_without_its_words(new_desk, beside):
    """An error that nobody expected can hold the chat's URL, which is a secret."""
    desk = new_desk(Told(ValueError("bad url https://hooks.test/SECRET")))
    held = await desk.hold(wanted())
    await desk.close()
    assert entries(beside) == [
        ("chat-failed", {"request": held.request.id, "chat": "told", "cause": "ValueError"})
    ]


async def test_a_chat_that_fails_with_the_store_ends_nothing(new_desk, worker, beside):
    """There is nowhere to keep it; the log has it, and the desk goes on."""
    failing = Told(ChatError("status 500"))
    failing.may_go_on.clear()
    desk = new_desk(failing)
    held = await desk.hold(wanted())
    await worker.run(lambda store: store.audit._database.execute("DROP TABLE audit"))
    failing.may_go_on.set()
    await desk.close()
    assert state(beside, held) == "pending"
