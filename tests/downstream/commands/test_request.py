"""`request` as it runs: on a real desk and store, with another process beside it."""

import asyncio

import pytest

from bastion.downstream.commands.call import DONE, FAILED, Call
from bastion.downstream.commands.request import request
from bastion.downstream.destination import Destination
from bastion.target import Login
from tests.downstream.test_admission import ANN, NO, YES, Site

ROOT = Destination("gpu-01", Login("root"))


class Engineer:
    """Calls `request`, and reads what is said."""

    def __init__(self, site):
        self.site, self.out, self.notes = site, [], asyncio.Queue()

    def call(self, *words):
        """A task that asks for gpu-01."""
        made = (self.site.reception, self.site.new_desk(), self.site.clock)
        words = ("gpu-01", "--reason=why", *words)
        call = Call(ANN, words, *made, self.out.append, self.notes.put_nowait)
        return asyncio.create_task(request(call))

    async def waits(self):
        """The request that is waited for, once it is said."""
        assert "waits for approval by leads" in await self.notes.get()
        return self.site.view.requests.pending()[0]


@pytest.fixture
async def engineer(tmp_path, clock):
    site = Site(tmp_path, clock)
    yield Engineer(site)
    site.view.close()
    site.store.close()


async def test_waiting_goes_on_when_another_process_takes_the_request_back(engineer):
    """Its last waiter there has gone, who had made it: here it is asked for anew."""
    site, elsewhere = engineer.site, engineer.site.new_desk()
    ask = await site.reception.asking(ANN, ROOT)
    theirs = await elsewhere.ask(ANN, ask, is_waiting=True)
    waiting = engineer.call("--wait")
    assert (await engineer.waits()).id == theirs.id
    await elsewhere.leave(theirs)
    ours = await engineer.waits()
    assert ours.id != theirs.id
    site.decided(ours, YES)
    assert await waiting == DONE
    assert engineer.out == ["approved by bob: root@gpu-01 for 10 min\n"]
    assert site.states() == ["approved", "cancelled"]


async def test_a_denial_and_the_end_of_the_time_are_heard(engineer):
    """By whoever waits; the exit code says that it was refused."""
    waiting = engineer.call("--wait")
    engineer.site.decided(await engineer.waits(), NO)
    assert await waiting == FAILED
    assert "by bob: no" in await engineer.notes.get()
    late = engineer.call("--wait")
    request = await engineer.waits()
    engineer.site.clock.advance(request.expires_at - request.created_at)
    assert await late == FAILED
    assert "[connection-expired]" in await engineer.notes.get()
    assert engineer.site.states() == ["expired", "denied"]


async def test_who_does_not_wait_leaves_a_request_that_stays(engineer):
    """Also when somebody waits for the same meanwhile, and goes."""
    assert await engineer.call() == DONE
    waiting = engineer.call("--wait")
    await engineer.waits()
    waiting.cancel()
    await asyncio.wait([waiting])
    assert engineer.site.states() == ["pending"]
