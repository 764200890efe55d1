"""What lives in this process."""

import asyncio

from bastion.relay.live import Live


async def test_a_session_is_known_until_its_task_is_done():
    """Also where the task fails."""
    live, end = Live(), asyncio.Event()

    async def run():
        await end.wait()
        raise RuntimeError

    session, task = object(), asyncio.create_task(run())
    live.watch(session, task)
    assert (live.sessions, len(live)) == ([session], 1)
    end.set()
    await asyncio.wait([task])
    assert task.exception() is not None
    assert (live.sessions, len(live)) == ([], 0)


async def test_connections_come_and_go():
    """Leaving twice, or without having come, is no error."""
    live, first, second = Live(), object(), object()
    live.enter(first)
    live.enter(second)
    assert live.connections == [first, second]
    live.leave(first)
    live.leave(first)
    assert live.connections == [second]


async def test_draining_waits_for_every_session():
    """And says whether all have ended in time."""
    live, end = Live(), asyncio.Event()
    assert await live.drained(0)
    live.watch(object(), asyncio.create_task(end.wait()))
    assert not await live.drained(0)
    end.set()
    assert await live.drained(5)
