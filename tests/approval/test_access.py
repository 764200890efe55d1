"""The desk where access is asked for: told, shared, left, expired; nothing is kept by halves."""

import asyncio

import pytest

from bastion.approval.access import MAX_REASON_CHARS, MOST_AN_HOUR, AccessDesk
from bastion.approval.decide import Choice, decide
from bastion.approval.request import access_binding
from bastion.approval.telling import Telling
from bastion.authorization import Ask
from bastion.config import Approval
from bastion.errors import StoreError
from bastion.identity import Identity
from bastion.refusal import Code
from bastion.store.rows import Request
from bastion.target import Login, Target
from tests.approval.conftest import Somebody

ANN = Identity("s-ann", "ann", frozenset({"eng"}), 7, 2_000_000_000, "SHA256:x", "192.0.2.9")
GPU = Ask(Target("gpu-01", "192.0.2.1"), Login("root"), "with-leads", ("leads",), 3600)
OTHERS = Ask(GPU.target, GPU.login, "by-others", ("others",), 3600)
YES = Choice(is_approved=True, reason="")


class Told:
    """A chat that keeps what it was told."""

    name = "told"

    def __init__(self) -> None:
        self.requests = asyncio.Queue()

    async def tell(self, message):
        self.requests.put_nowait(message.request)


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def make_desk(worker, audit, clock, links, told):
    """A desk as each process has its own."""

    def make():
        telling = Telling(audit, links, [told])
        return AccessDesk(worker, audit, clock, Approval(timeout_seconds=300), telling)

    return make


@pytest.fixture
def desk(make_desk):
    return make_desk()


def codes(beside):
    return [entry.code for entry in beside.audit.entries(0, 100)]


def state(beside, request):
    return beside.requests.get(request.id).state


async def test_asking_is_audited_and_told(desk, beside, clock, told):
    """Who, where, as whom, how long, why and from where are in both."""
    asked = await desk.ask(ANN, GPU, seconds=600, reason=" driver ", is_waiting=False)
    assert await told.requests.get() == asked == beside.requests.get(asked.id)
    assert (asked.kind, asked.state, asked.seconds, asked.reason) == (
        "access",
        "pending",
        600,
        "driver",
    )
    assert (asked.subject, asked.target, asked.login, asked.address, asked.approvers) == (
        "s-ann",
        "gpu-01",
        "root",
        "192.0.2.9",
        ("leads",),
    )
    assert asked.expires_at == clock.now() + 300
    assert asked.binding == access_binding(asked)
    [entry] = beside.audit.entries(0, 100)
    assert (entry.code, entry.subject, entry.detail["request"]) == (
        "access-asked",
        "s-ann",
        asked.id,
    )
    assert (entry.detail["seconds"], entry.detail["reason"]) == (600, "driver")


@pytest.mark.parametrize(
    ("ask", "more", "code"),
    [
        (GPU, {"seconds": 3601}, Code.APPROVAL_TOO_LONG),
        (GPU, {"seconds": 0}, Code.APPROVAL_TOO_LONG),
        (GPU, {"seconds": -1}, Code.APPROVAL_TOO_LONG),
        (GPU, {"reason": "x" * (MAX_REASON_CHARS + 1)}, Code.REASON_NEEDED),
        (Ask(GPU.target, GPU.login, "r", (), 60), {}, Code.APPROVAL_NEEDED),
    ],
)
async def test_what_cannot_be_asked_for(desk, beside, told, ask, more, code):  # noqa: PLR0917  pytest's fixtures
    """Nothing is kept, and nobody is told."""
    refusal = await desk.ask(ANN, ask, is_waiting=True, **more)
    assert refusal.code is code
    assert beside.requests.latest(9) == []
    assert told.requests.empty()


async def test_all_who_wait_for_the_same_share_one_request(desk, beside, told):
    """It is cancelled when the last of them has gone, once, and that is audited."""
    asked = await asyncio.gather(*(desk.ask(ANN, GPU, is_waiting=True) for _ in range(3)))
    assert len({each.id for each in asked}) == 1
    await told.requests.get()
    for each in asked[:2]:
        await desk.leave(each)
        assert state(beside, each) == "pending"
    await desk.leave(asked[2])
    assert state(beside, asked[2]) == "cancelled"
    assert told.requests.empty()
    assert codes(beside) == ["access-asked", "access-cancelled"]
    again = await desk.ask(ANN, GPU, is_waiting=True)
    assert again.id != asked[0].id


async def test_others_ask_for_themselves(desk):
    """Another person, another account, other approvers: each a request of its own."""
    bob = Identity("s-bob", "bob", ANN.groups, 8, 2_000_000_000, "SHA256:y", "192.0.2.9")
    elsewhere = Ask(GPU.target, Login("ubuntu"), "with-leads", ("leads",), 3600)
    asked = [
        await desk.ask(who, what, is_waiting=True)
        for who, what in ((ANN, GPU), (bob, GPU), (ANN, elsewhere), (ANN, OTHERS))
    ]
    assert len({each.id for each in asked}) == 4


async def test_a_request_that_was_made_beforehand_outlives_who_waits_for_it(desk, beside):
    """Whether it came first, or was joined to one that somebody waits for."""
    made = await desk.ask(ANN, GPU, is_waiting=False)
    joined = await desk.ask(ANN, GPU, is_waiting=True)
    assert joined.id == made.id
    await desk.leave(joined)
    waited = await desk.ask(ANN, OTHERS, is_waiting=True)
    await desk.ask(ANN, OTHERS, is_waiting=False)
    await desk.leave(waited)
    assert state(beside, made) == state(beside, waited) == "pending"


async def test_it_also_outlives_who_waits_for_it_in_another_process(desk, make_desk, beside):
    """The one who waits made it, and did not know that another process would keep it."""
    waited = await desk.ask(ANN, GPU, is_waiting=True)
    kept = await make_desk().ask(ANN, GPU, is_waiting=False)
    assert kept.id == waited.id
    await desk.leave(waited)
    assert state(beside, waited) == "pending"
    assert codes(beside) == ["access-asked"]


async def test_leaving_does_not_undo_a_decision(desk, beside, clock):
    """An approval that came meanwhile stands."""
    asked = await desk.ask(ANN, GPU, is_waiting=True)
    assert decide(beside, asked, Somebody(), YES, clock.now()) is None
    await desk.leave(asked)
    assert state(beside, asked) == "approved"
    assert "access-cancelled" not in codes(beside)


async def test_a_request_that_nobody_decides_expires(desk, beside, clock):
    """Whoever looks sees it, the audit log has it once, and it can be decided no more."""
    asked = await desk.ask(ANN, GPU, is_waiting=True)
    clock.advance(299)
    assert (await desk.seen(asked)).state == "pending"
    clock.advance(1)
    assert (await desk.seen(asked)).state == "expired"
    assert (await desk.seen(asked)).state == "expired"
    refusal = decide(beside, asked, Somebody(), YES, clock.now())
    assert refusal.code is Code.REQUEST_EXPIRED
    assert codes(beside) == ["access-asked", "access-expired"]


async def test_nobody_can_flood_approvers(desk, clock):
    """So many an hour; each is a message to people."""
    for _ in range(MOST_AN_HOUR):
        await desk.leave(await desk.ask(ANN, GPU, is_waiting=True))
    assert (await desk.ask(ANN, GPU, is_waiting=True)).code is Code.TOO_MANY_REQUESTS
    clock.advance(3601)
    assert isinstance(await desk.ask(ANN, GPU, is_waiting=True), Request)


async def test_what_cannot_be_audited_cannot_be_approved(desk, worker, beside, told):
    """The request is taken back, and nobody is told of it."""
    await worker.run(lambda store: store.audit._database.execute("DROP TABLE audit"))
    with pytest.raises(StoreError):
        await desk.ask(ANN, GPU, is_waiting=True)
    assert [row.state for row in beside.requests.latest(9)] == ["cancelled"]
    assert told.requests.empty()


async def test_a_store_that_fails_keeps_nobody_waiting(desk, worker):
    """Asking and looking fail; leaving says nothing."""
    asked = await desk.ask(ANN, GPU, is_waiting=True)
    await worker.run(lambda store: store.close())
    for waiting in (desk.seen(asked), desk.ask(ANN, OTHERS, is_waiting=True)):
        with pytest.raises(StoreError):
            await waiting
    await desk.leave(asked)
