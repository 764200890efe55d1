"""What looks again and again: it goes on after a failure, and stops when it is told to."""

import asyncio

import pytest
from structlog.testing import capture_logs

from bastion.looking import Looking


class Looks:
    """Counts the looks; those in *failing* fail, and the one called *lasting* lasts."""

    def __init__(self, *, failing=(), lasting=0) -> None:
        self.failing, self.lasting = failing, lasting
        self.made = 0
        self.ended = False
        self.changed = asyncio.Condition()

    async def look(self) -> None:
        async with self.changed:
            self.made += 1
            self.changed.notify_all()
        if self.made in self.failing:
            raise RuntimeError(f"look {self.made}")
        if self.made == self.lasting:
            try:
                await asyncio.Event().wait()
            finally:
                self.ended = True

    async def reach(self, count: int) -> None:
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(lambda: self.made >= count)


@pytest.fixture
async def looking():
    """Makes what looks at *looks*, and stops it after the test."""
    made = []

    def make(looks: Looks, seconds: float = 0) -> Looking:
        made.append(Looking("the rules", looks.look, seconds=seconds))
        return made[-1]

    yield make
    for each in made:
        await each.stop()


async def test_it_looks_again_and_again(looking):
    """From its start on, not before."""
    looks = Looks()
    made = looking(looks)
    assert looks.made == 0
    made.start()
    await looks.reach(3)


async def test_the_first_look_is_made_after_the_first_wait(looking):
    """Whoever starts it has just looked."""
    looks = Looks()
    looking(looks, seconds=3600).start()
    await asyncio.wait([asyncio.create_task(asyncio.Event().wait())], timeout=0.05)
    assert looks.made == 0


async def test_a_look_that_fails_is_logged_and_not_the_last(looking):
    """With what was looked at."""
    looks = Looks(failing={1, 2})
    with capture_logs() as logs:
        looking(looks).start()
        await looks.reach(3)
    assert [(log["log_level"], log["at"]) for log in logs] == [("error", "the rules")] * 2


async def test_stopped_it_looks_no_more(looking):
    """The look that was under way has ended when `stop` returns."""
    looks = Looks(lasting=2)
    made = looking(looks)
    made.start()
    await looks.reach(2)
    await made.stop()
    assert looks.ended
    assert looks.made == 2
    await made.stop()


async def test_what_was_not_started_is_stopped_already(looking):
    """And says nothing of it."""
    await looking(Looks()).stop()
