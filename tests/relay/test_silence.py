"""The account of an Enter of which a shell says nothing."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bastion.relay import shell_witness, silence
from bastion.relay.silence import Silence
from bastion.relay.witness import Witness
from tests.relay.played_shell import PROMPT, Asked, Bench
from tests.servers.waiting import turn


@pytest.fixture
async def asked() -> Asked:
    return Asked()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    bench.shell.close()


def hear(asked: Asked) -> Silence:
    quiet = Silence(asked, Witness(80, 24))
    quiet.begins("sneaky")
    return quiet


async def test_silence_is_only_marked(asked):
    """Enter need not end a line."""
    hear(asked)
    assert (asked.marks, asked.told) == (["unheard"], [])


async def test_silence_after_the_next_line_is_told_once(asked, monkeypatch):
    """By then the first one may have run."""
    monkeypatch.setattr(silence, "PATIENCE_SECONDS", 0.01)
    quiet = hear(asked)
    quiet.goes_on("/root")
    quiet.goes_on("/root")
    await asyncio.wait_for(asked.is_told.wait(), 5)
    quiet.tell("/root")
    assert asked.told == [("unasked", "sneaky in /root")]


async def test_a_shell_that_speaks_breaks_it(asked):
    """It says what it made of that Enter, or of a later one."""
    quiet = hear(asked)
    quiet.goes_on("/root")
    assert quiet.broken() == "sneaky"
    quiet.tell("/root")
    assert asked.told == []


async def test_an_enter_behind_nothing_is_nothing(asked):
    """Neither marked nor told."""
    quiet = Silence(asked, Witness(80, 24))
    quiet.begins("")
    quiet.goes_on("/root")
    quiet.tell("/root")
    assert (asked.marks, asked.told) == ([], [])


async def test_a_session_that_ends_before_the_shell_said_anything_is_marked(bench):
    """What became of the line is not known; of one that was asked for, it is."""
    bench.prompts()
    bench.types("exit")
    await bench.asks("exit")
    bench.shell.ends()
    assert bench.asked.marks == []
    bench.prompts()
    bench.types("danger 1")
    bench.shell.ends()
    assert bench.asked.marks == ["unheard"]
    assert bench.asked.told == [("unasked", "danger 1 in /root")]


@pytest.mark.parametrize(("keys", "marks"), [(b"\x12dan", ["unheard"]), (b"", [])])
async def test_a_line_that_cannot_be_read_is_marked_as_well(bench, keys, marks):
    """A search in the history, say; an Enter at a bare prompt is nothing."""
    bench.prompts()
    bench.screen.typed(keys, 0.0)
    if keys:
        bench.shell.typed(keys)
    bench.shell.accepted(b"\r", 0.0)
    bench.prints(b"\r\x1b[2J\x1b[H")
    bench.shell.ends()
    assert bench.asked.marks == marks


async def test_an_enter_that_the_host_never_answered_is_no_alarm(bench):
    """A host that has hung: nothing shows that anything ran."""
    bench.prompts()
    bench.screen.typed(b"ls", 0.0)
    bench.prints(b"ls")
    bench.shell.accepted(b"\r", 0.0)
    bench.shell.ends()
    assert (bench.asked.marks, bench.asked.told) == (["unheard"], [])


async def test_a_shell_that_stays_silent_after_the_next_line_is_told_of(bench, monkeypatch):
    """That line was judged off the screen; the first one may have run unasked."""
    monkeypatch.setattr(shell_witness, "_HEAR_SECONDS", (0.01, 0.01))
    monkeypatch.setattr(silence, "PATIENCE_SECONDS", 0.01)
    bench.prompts()
    bench.types("sneaky")
    bench.shell.released()
    assert bench.asked.told == []
    await asyncio.wait_for(bench.shell.free(is_accepting=False), 5)
    bench.shell.released()
    await asyncio.wait_for(bench.asked.is_told.wait(), 5)
    assert bench.asked.told == [("unasked", "sneaky in /root")]


async def test_a_line_that_stands_there_still_has_not_run(bench, monkeypatch):
    """Two words of it were chosen in a menu, with Enter; then somebody thinks, and types on."""
    monkeypatch.setattr(shell_witness, "_HEAR_SECONDS", (0.0, 0.0))
    monkeypatch.setattr(silence, "PATIENCE_SECONDS", 0.0)
    bench.prompts()
    bench.types("vim o")
    bench.prints(b"\r\x1b[K\x1b[A\r" + PROMPT + b"vim one ")
    await asyncio.wait_for(bench.shell.free(is_accepting=False), 5)
    bench.shell.released()
    for _ in range(4):
        await turn()
    assert (bench.asked.marks, bench.asked.told) == (["unheard"], [])
    bench.prints(b"\r\n" + PROMPT)
    await asyncio.wait_for(bench.asked.is_told.wait(), 5)
    assert bench.asked.told == [("unasked", "vim one in /root")]
