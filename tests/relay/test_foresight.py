"""Lines are read ahead, and a reading counts only where reading once more would say the same."""

import pytest

from bastion.command.parser import Parser
from bastion.command.state import ShellState
from bastion.relay.foresight import Foresight


@pytest.fixture
async def foresight():
    parser = Parser(workers=1, deadline_seconds=2.0, max_bytes=16384)
    await parser.start()
    yield Foresight(parser)
    await parser.stop()


async def is_foreseen(foresight, text, state, *, is_raw=False):
    """Whether it is one reading that is given, again and again."""
    first = await foresight.read(text, state, is_raw=is_raw)
    assert first.text == text
    return first is await foresight.read(text, state, is_raw=is_raw)


async def test_a_line_that_was_foreseen_is_read_once(foresight):
    """What the screen showed is what the shell asks for."""
    state = ShellState()
    assert not await is_foreseen(foresight, "rm x", state)
    foresight.expect("rm x", state)
    assert await is_foreseen(foresight, "rm x", state)


async def test_another_line_another_state_and_a_raw_line_are_read_themselves(foresight):
    """A reading of something else is worth nothing."""
    state = ShellState()
    foresight.expect("rm $x", state)
    known = ShellState(variables={"x": (("y",),)})
    assert (await foresight.read("rm $x", known, is_raw=False)).commands[0].words[1].text == "y"
    assert not await is_foreseen(foresight, "rm y", state)
    assert not await is_foreseen(foresight, "rm $x", None)
    assert not await is_foreseen(foresight, "rm $x", state, is_raw=True)


async def test_one_line_at_a_time_is_read_ahead(foresight):
    """Who holds Enter down keeps no parser from others."""
    state = ShellState()
    foresight.expect("a", state)
    foresight.expect("b", state)
    assert await is_foreseen(foresight, "a", state)
    assert not await is_foreseen(foresight, "b", state)
    foresight.expect("b", state)
    assert await is_foreseen(foresight, "b", state)
