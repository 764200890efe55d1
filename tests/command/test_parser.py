"""Commands are read in processes that can hang, die and be replaced without harm."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bastion.command.parser import Parser
from tests.servers.waiting import turn

MAX_BYTES = 16384


def workers(parent: int) -> list[int]:
    """The parser processes that *parent* has started; a test's own has other children, too."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in children if "bastion.command.worker" in _command_line(pid)]


def _command_line(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""  # it has ended meanwhile


async def ended(pid: int) -> None:
    """Wait until the process is gone; it need not be ours."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    is_gone = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(handle, is_gone.set)
    async with asyncio.timeout(20):
        await is_gone.wait()
    loop.remove_reader(handle)
    os.close(handle)


@asynccontextmanager
async def stopped(deadline_seconds: float) -> AsyncIterator[tuple[Parser, int]]:
    """A parser whose one process neither answers nor ends, and that process."""
    before = set(workers(os.getpid()))
    parser = Parser(workers=1, deadline_seconds=deadline_seconds, max_bytes=MAX_BYTES)
    await parser.start()
    (worker,) = set(workers(os.getpid())) - before
    os.kill(worker, signal.SIGSTOP)
    try:
        yield parser, worker
    finally:
        await parser.stop()
    assert set(workers(os.getpid())) <= before


async def replaced(parser: Parser) -> None:
    """Wait until every bad process has its successor."""
    await asyncio.gather(*parser._replacing)


async def test_a_command_is_read(parser):
    """By another process, with its places."""
    reading = await parser.read("sudo rm -rf 'a b'")
    assert [command.program for command in reading.commands] == ["sudo", "rm"]
    assert reading.opaque == ""
    assert reading.text == "sudo rm -rf 'a b'"


async def test_many_are_read_at_once(parser):
    """More readers than processes: all get their own answer."""
    texts = [f"echo {number}" for number in range(40)]
    readings = await asyncio.gather(*map(parser.read, texts))
    assert [reading.commands[0].words[1].text for reading in readings] == [
        str(number) for number in range(40)
    ]


async def test_what_makes_bashlex_loop_for_ever_is_read(parser):
    """Quoted text never reaches it."""
    reading = await parser.read("x='${'")
    assert reading.opaque == ""
    assert reading.commands[0].assignments[0].text == "x=${"


@pytest.mark.parametrize(
    ("text", "reason"), [("a" * (MAX_BYTES + 1), "too-long"), ("ls \0", "control-characters")]
)
async def test_some_texts_are_not_even_tried(parser, text, reason):
    """Longer than allowed, or no text at all."""
    assert (await parser.read(text)).opaque == reason


async def test_a_process_that_hangs_is_killed_and_replaced():
    """The text is opaque, the next one is read."""
    async with stopped(0.05) as (parser, worker):
        assert (await parser.read("ls")).opaque == "parser-timeout"
        await ended(worker)
        await replaced(parser)
        assert (await parser.read("ls")).opaque == ""


async def test_a_process_that_dies_is_replaced(parser):
    """Its text is opaque, and the next ones are read."""
    for worker in workers(os.getpid()):
        os.kill(worker, signal.SIGKILL)
        await ended(worker)
    readings = [await parser.read("ls") for _ in range(2)]
    assert [reading.opaque for reading in readings] == ["parser-failed"] * 2
    await replaced(parser)
    assert (await parser.read("ls")).opaque == ""


async def test_a_reader_that_gives_up_spoils_nothing(parser):
    """Half an answer in a pipe is never taken for the next one's."""
    for number in range(10):
        task = asyncio.create_task(parser.read(f"echo {number}; " * 200))
        await turn()  # the text is sent, no answer is read yet
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await replaced(parser)
    readings = await asyncio.gather(*(parser.read(f"ls {number}") for number in range(10)))
    assert [reading.commands[0].words[1].text for reading in readings] == [
        str(number) for number in range(10)
    ]


async def test_who_has_patience_gets_more_than_the_usual_deadline():
    """A part of a script, which keeps nobody waiting at a prompt."""
    text = "echo word; " * 1000
    parser = Parser(workers=1, deadline_seconds=0.02, max_bytes=MAX_BYTES)
    await parser.start()
    try:
        reading = await parser.read(text, patience=1000)
        assert (reading.opaque, len(reading.commands)) == ("", 1000)
        assert (await parser.read(text)).opaque == "parser-timeout"
    finally:
        await parser.stop()


async def test_a_late_answer_is_an_answer():
    """What is late on a busy machine is not opaque for that: the process stood still meanwhile."""
    async with stopped(0.5) as (parser, worker):
        asyncio.get_running_loop().call_later(0.6, os.kill, worker, signal.SIGCONT)
        assert (await parser.read("ls")).opaque == ""


async def test_without_a_free_process_the_text_is_opaque():
    """A parser that has not started holds, it does not wait for ever."""
    parser = Parser(workers=1, deadline_seconds=1, max_bytes=MAX_BYTES, queue_seconds=0.05)
    assert (await parser.read("ls")).opaque == "parser-busy"


async def test_texts_wait_for_their_turn_longer_than_one_may_take():
    """One that hangs costs the next ones time, not an approval."""
    async with stopped(0.25) as (parser, _):
        first, *others = await asyncio.gather(*(parser.read(f"ls {number}") for number in range(5)))
        assert first.opaque == "parser-timeout"
        assert {reading.opaque for reading in others} == {""}


async def test_who_asks_again_and_again_passes_nobody():
    """A long script, read part by part, does not keep others from their turn."""
    parser, order = Parser(workers=1, deadline_seconds=1, max_bytes=MAX_BYTES), []
    await parser.start()

    async def reads(text):
        await parser.read(text)
        order.append(text)

    waiting = asyncio.create_task(reads("ls other"))
    for number in range(3):
        await reads(f"ls {number}")
    await waiting
    await parser.stop()
    assert order.index("ls other") == 1


CHILD = """
import asyncio
from bastion.command.parser import Parser

async def main():
    parser = Parser(workers=2, deadline_seconds=1, max_bytes=999)
    await parser.start()
    print("started", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_no_process_outlives_its_parent():
    """Not even one that was killed without a chance to clean up."""
    with subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE) as child:  # noqa: ASYNC220  it must be killed from outside, and is small
        assert child.stdout.readline() == b"started\n"
        orphans = workers(child.pid)
        assert len(orphans) == 2
        child.kill()
    await asyncio.gather(*map(ended, orphans))


SHELL_TEXT = st.text(alphabet=" \t\nabc01;&|(){}[]<>$`'\"\\#!=*?-/~\x01é\u202e", max_size=120)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(SHELL_TEXT, st.text(max_size=80)), min_size=1, max_size=20))
def test_any_text_gives_a_reading(texts):
    """Whatever it is: no exception, the deadline holds, spans lie in the text."""

    async def read() -> None:
        parser = Parser(workers=1, deadline_seconds=2, max_bytes=MAX_BYTES)
        await parser.start()
        for text in texts:
            reading = await parser.read(text)
            assert reading.text == text
            for command in reading.commands:
                assert 0 <= command.span.start <= command.span.end <= len(text)
        await parser.stop()

    asyncio.run(read())
