"""What waits in a feed, and when it goes on."""

import asyncio

import pytest

from bastion.command.intake import Intake
from bastion.relay.feed import Feed
from bastion.relay.gate import Ruling
from bastion.relay.script import Script

LIMIT = 40


class Far:
    """The host's end: keeps what arrives, in order."""

    def __init__(self) -> None:
        self.got: list[bytes | None] = []
        self.held: set[str] = set()
        self.ended = asyncio.Event()

    def keys(self, data: bytes, *, hidden: bool) -> None:
        assert not hidden
        self.got.append(data)

    def end_keys(self) -> None:
        self.got.append(None)
        self.ended.set()

    def hold_user(self, why: str, *, on: bool) -> None:
        (self.held.add if on else self.held.discard)(why)


class Judge:
    """Stops what holds the word `stop`; waits until it is told to rule."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[Script] = asyncio.Queue()
        self.may_rule = asyncio.Event()
        self.may_rule.set()

    async def rule(self, script: Script) -> Ruling:
        self.asked.put_nowait(script)
        await self.may_rule.wait()
        return Ruling(is_released=b"stop" not in script.data)


@pytest.fixture
def far():
    return Far()


@pytest.fixture
def judge():
    return Judge()


@pytest.fixture
async def shell(far, judge):
    feed = Feed(Intake.SHELL, LIMIT, far, judge.rule, quiet_seconds=0.01)
    yield feed
    feed.close()


async def test_nothing_goes_on_before_it_was_ruled_on(shell, far, judge):
    """The whole script is one question, and its end comes after it."""
    judge.may_rule.clear()
    shell.take(b"echo a\n")
    shell.take(b"echo b")
    shell.end()
    script = await judge.asked.get()
    assert (script.data, script.is_whole) == (b"echo a\necho b", True)
    assert far.got == []
    judge.may_rule.set()
    await far.ended.wait()
    assert far.got == [b"echo a\necho b", None]


async def test_an_end_without_input_asks_nothing(shell, far, judge):
    """`ssh -n` and `< /dev/null` are not held up."""
    shell.end()
    await far.ended.wait()
    assert far.got == [None]
    assert judge.asked.empty()


async def test_what_is_stopped_ends_the_feed(shell, far, judge):
    """Nothing goes on after it, not even the end."""
    shell.take(b"stop\n")
    shell.end()
    await judge.asked.get()
    await shell._task
    shell.take(b"more\n")
    assert far.got == []


async def test_quiet_takes_whole_lines_only(shell, judge):
    """A line that goes on waits for its end, and so does a here-document."""
    shell.take(b"echo a\ncat \\\n")
    assert (await judge.asked.get()).data == b"echo a\n"
    shell.take(b"/etc/x\ncat <<E\nbody\n")
    second = await judge.asked.get()
    assert (second.data, second.is_whole) == (b"cat \\\n/etc/x\n", False)
    shell.take(b"E\n")
    assert (await judge.asked.get()).data == b"cat <<E\nbody\nE\n"


async def test_more_than_may_be_read_is_parts(shell, far, judge):
    """The client is held up, each part is whole lines, and what arrives is what was sent."""
    lines = b"".join(b"echo %d\n" % number for number in range(30))
    judge.may_rule.clear()
    shell.take(lines)
    assert far.held == {"script"}
    shell.end()
    judge.may_rule.set()
    await far.ended.wait()
    parts = [part for part in far.got if part is not None]
    assert b"".join(parts) == lines
    assert all(len(part) <= LIMIT and part.endswith(b"\n") for part in parts)
    assert far.held == set()


async def test_a_line_that_is_longer_than_may_be_read(shell, far, judge):
    """It is asked for in pieces, marked as parts; nothing waits for ever."""
    shell.take(b"x" * (2 * LIMIT + 1))
    shell.end()
    await far.ended.wait()
    assert far.got == [b"x" * LIMIT, b"x" * LIMIT, b"x", None]
    assert [judge.asked.get_nowait().is_whole for _ in range(3)] == [False, False, True]


async def test_other_languages_are_not_cut_by_lines(far, judge):
    """Nobody knows where their statements end."""
    feed = Feed(Intake.FOREIGN, LIMIT, far, judge.rule, quiet_seconds=0.01)
    feed.take(b"print('it")
    assert (await judge.asked.get()).data == b"print('it"
    feed.close()


async def test_bytes_that_are_no_text_arrive_as_they_were(shell, far, judge):
    """Cutting by lines does not change a byte."""
    data = b"echo \xff\xc3\xa9 \xe2\x82\n"
    shell.take(data + b"unfinished")
    assert (await judge.asked.get()).data == data
    shell.end()
    await far.ended.wait()
    assert b"".join(part for part in far.got if part) == data + b"unfinished"
