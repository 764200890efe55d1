"""A line behind which a shell is at its prompt again, and has not asked for it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bastion.command.shell.questions import Answer, Kind
from bastion.relay import dropped
from tests.relay.played_shell import Bench
from tests.servers.waiting import turn

LINE = "echo one"
TOLD = [("dropped by itself", LINE)]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(dropped, "PATIENCE_SECONDS", 0.01)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    bench.prompts()
    yield bench
    bench.shell.close()


async def test_it_is_told_once(bench):
    """The shell ran nothing, says its count, and asked nobody."""
    bench.types(LINE)
    bench.prompts()
    await asyncio.wait_for(bench.asked.is_told.wait(), 5)
    bench.prompts()
    bench.shell.ends()
    assert bench.asked.told == TOLD


async def test_it_is_told_when_the_session_ends_before(bench):
    """Not later than that."""
    bench.types(LINE)
    bench.prompts()
    bench.shell.ends()
    assert bench.asked.told == TOLD


async def test_a_late_question_is_for_that_line_or_for_another(bench):
    """The prompt was that of a Ctrl-C before it; only a question for another line says nothing."""
    bench.types(LINE)
    bench.prompts()
    assert await bench.asks(LINE) is Answer.ALLOW
    bench.prompts(1)
    for answered in (LINE, "echo two"):
        bench.types(LINE)
        bench.prompts(1)
        bench.types("echo two")
        await bench.asks(answered)
        bench.shell.ends()
        bench.prompts(2)
    assert bench.asked.told == TOLD


@pytest.mark.parametrize(
    "kind", ["asked", "more", "ran", "blank", "cancelled", "taken back", "by the screen"]
)
async def test_what_is_no_dropped_line(bench, kind):
    """A question, rows of one line, a line that ran, Enter alone, Ctrl-C, another one since."""
    if kind == "cancelled":
        bench.shell.typed(LINE.encode())
        bench.prints(LINE.encode())
    else:
        bench.types("" if kind == "blank" else LINE)
    if kind == "asked":
        await bench.asks(LINE)
    if kind == "more":
        bench.says(Kind.MORE)
        bench.types("done")
    if kind == "by the screen":
        bench.shell.look()
    if kind == "taken back":
        bench.shell.typed(b"\x03")
    bench.prompts(1 if kind in {"asked", "ran"} else 0)
    bench.shell.ends()
    await turn()
    assert [told for told in bench.asked.told if told[0] == "dropped by itself"] == []


async def test_a_shell_whose_count_is_not_its_own_may_have_run_it():
    """So nothing is said of it."""
    bench = Bench("zsh")
    bench.prompts()
    bench.types(LINE)
    bench.prompts()
    bench.shell.ends()
    assert bench.asked.told == []
    bench.shell.close()


@pytest.mark.parametrize(("shell", "foreseen"), [("bash", "echo (x)"), ("fish", "echo $(x)")])
async def test_what_will_be_asked_for_is_foreseen(shell, foreseen):
    """A line of fish as other shells would write it: so it is read."""
    bench = Bench(shell)
    bench.prompts()
    bench.types("echo (x)")
    assert bench.asked.foreseen == [foreseen]
    bench.shell.close()
