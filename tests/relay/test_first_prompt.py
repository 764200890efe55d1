"""The wait for the first prompt of a shell that is to ask."""

import asyncio

import pytest

from bastion.relay import first_prompt
from bastion.relay.first_prompt import FirstPrompt
from bastion.relay.witness import Witness
from tests.servers.waiting import turn


@pytest.fixture
async def screen() -> Witness:
    return Witness(80, 24)


async def test_what_nobody_asked_for_waits_until_the_prompt_is_there(screen, monkeypatch):
    """However long nothing is printed; then nothing waits any more."""
    monkeypatch.setattr(first_prompt, "_QUIET_SECONDS", 0.0)
    first = FirstPrompt(screen)
    screen.typed(b"ls", 0.0)
    screen.output(b"ls", 0.0)
    waiting = asyncio.ensure_future(first.comes())
    await turn()
    assert not waiting.done()
    first.over()
    await asyncio.wait_for(waiting, 5)
    await asyncio.wait_for(first.comes(), 5)


@pytest.mark.parametrize(
    ("shown", "most", "quiet"), [(b"Continue? ", 3600, 0.01), (b"", 0.01, 3600)]
)
async def test_a_wait_in_vain_is_bounded_and_the_last(screen, monkeypatch, shown, most, quiet):
    """A program has asked, or there is a shell that never speaks."""
    monkeypatch.setattr(first_prompt, "_MOST_SECONDS", most)
    monkeypatch.setattr(first_prompt, "_QUIET_SECONDS", quiet)
    first = FirstPrompt(screen)
    screen.output(shown, 0.0)
    await asyncio.wait_for(first.comes(), 5)
    monkeypatch.setattr(first_prompt, "_MOST_SECONDS", 3600)
    monkeypatch.setattr(first_prompt, "_QUIET_SECONDS", 3600)
    await asyncio.wait_for(first.comes(), 5)


async def test_ctrl_c_ends_one_wait_and_not_the_next(screen):
    """The prompt may still come."""
    first = FirstPrompt(screen)
    assert not first.cancel()
    waiting = asyncio.ensure_future(first.comes())
    await turn()
    assert first.cancel()
    await asyncio.wait_for(waiting, 5)
    waiting = asyncio.ensure_future(first.comes())
    await turn()
    assert not waiting.done()
    first.over()
    await asyncio.wait_for(waiting, 5)
