"""A session waits with its user; when it goes, nothing of its own is left to be approved."""

import asyncio

import pytest

from bastion.relay.notices import Notices
from bastion.relay.waiting import Waiting
from bastion.verdict import Judgement, Verdict
from tests.samples import wanted


async def test_a_session_that_has_ended_has_taken_its_request_back(new_desk, beside, clock):
    """Its end is written after: whoever reads that it ended must not find a request to decide."""
    desk, shown = new_desk(), asyncio.Event()
    held = await desk.hold(wanted())
    waiting = Waiting(desk, Notices(0), lambda _line: shown.set(), clock)
    deciding = asyncio.create_task(waiting.decision(held, Judgement(Verdict.HOLD)))
    await shown.wait()
    deciding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await deciding
    assert beside.requests.get(held.request.id).state == "cancelled"
