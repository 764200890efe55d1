"""The shell's own witness, spoken to as an integrated shell speaks."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bastion.command.shell.questions import Answer, Forged, Kind
from bastion.relay import shell_witness
from bastion.relay.gate_states import State
from tests.relay.played_shell import OTHER, Bench
from tests.servers.waiting import turn


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    bench.shell.close()


async def test_an_allowed_line_runs_and_a_prompt_comes_back(bench):
    """One question, the exact line, where it runs; then the gate is where it was."""
    bench.prompts()
    assert bench.shell.state is State.PROMPT
    bench.types("ls -la")
    assert bench.shell.state is State.ASKING
    assert await bench.asks("ls -la") is Answer.ALLOW
    assert bench.shell.state is State.RUNNING
    line = bench.asked.lines[0]
    assert (line.text, line.others, line.source, line.directory) == ("ls -la", (), "shell", "/root")
    bench.prompts(1)
    assert bench.shell.state is State.PROMPT
    assert (bench.asked.finished, bench.asked.marks, bench.asked.told) == (1, [], [])
    shares = bench.latency.shares()
    assert (shares["shell"].count, shares["enter"].count) == (1, 1)
    assert shares["enter"].longest >= shares["shell"].longest


async def test_the_exact_line_is_judged_not_what_was_typed(bench):
    """History was expanded; both are judged, the exact one is the line."""
    bench.prompts()
    bench.types("!dan")
    assert await bench.asks("danger 1") is Answer.DENY
    assert (bench.asked.lines[0].text, bench.asked.marks) == ("danger 1", [])


async def test_what_the_screen_showed_makes_the_judgement_stricter(bench):
    """A shell that tells something harmless of what was typed is not believed."""
    bench.prompts()
    bench.types("danger 1")
    assert await bench.asks("echo safe") is Answer.DENY
    assert bench.asked.lines[0].others == ("danger 1",)
    assert "witnesses-differ" in bench.asked.marks


async def test_a_half_echoed_line_is_no_other_line(bench):
    """`danger` of `dangerous`: the echo has not come yet, and is not waited for long."""
    bench.prompts()
    bench.screen.typed(b"dangerous-looking", 0.0)
    bench.prints(b"danger")
    bench.shell.accepted(b"\r", 0.0)
    bench.asked.release.clear()
    bench.says(Kind.LINE, "ls")
    async with asyncio.timeout(5):
        await bench.asked.is_asked.wait()
    assert bench.asked.lines[0].others == ()


async def test_a_line_that_nobody_sees_into_is_stepped(bench):
    """Each command that it comes to is asked for as well."""
    bench.prompts()
    bench.types("eval opaque")
    assert await bench.asks("eval opaque") is Answer.STEP
    assert await bench.asks("echo 1", Kind.COMMAND) is Answer.ALLOW
    assert await bench.asks("danger 1", Kind.COMMAND) is Answer.DENY
    assert [line.source for line in bench.asked.lines] == ["shell", "step", "step"]
    assert [line.directory for line in bench.asked.lines] == ["/root", "", ""]  # it may `cd`
    bench.prompts(1)
    assert bench.asked.marks == ["opaque begins", "opaque ends"]


async def test_a_line_that_was_approved_runs_as_a_whole(bench):
    """Whoever approved it has seen the line; nothing of it is asked for again."""
    bench.prompts()
    bench.types("opaque held")
    assert await bench.asks("opaque held") is Answer.ALLOW
    assert bench.latency.shares() == {}


async def test_what_an_approved_line_only_quotes_is_asked_for(bench):
    """A command of the line was approved with it; text inside of one was not."""
    line = "held; reset 0 'reset 1'"
    bench.prompts()
    bench.types(line)
    for text, kind in ((line, Kind.LINE), ("reset 0", Kind.COMMAND), ("reset 1", Kind.COMMAND)):
        assert await bench.asks(text, kind) is Answer.ALLOW
    assert [asked.text for asked in bench.asked.lines] == [line, "reset 1"]


async def test_a_denied_line_has_to_be_followed_by_a_prompt(bench):
    """Keys wait until then; what was typed behind the line is thrown away."""
    bench.prompts()
    bench.types("danger 1")
    assert await bench.asks("danger 1") is Answer.DENY
    assert (bench.shell.state, bench.dropped) == (State.ASKING, 1)
    bench.prompts(0)
    assert bench.shell.state is State.PROMPT
    assert bench.asked.told == []


async def test_a_line_behind_a_denied_one_is_denied_until_a_prompt_comes(bench):
    """The rest of a paste: nobody is asked."""
    bench.prompts()
    bench.types("danger 1")
    await bench.asks("danger 1")
    assert await bench.asks("ls") is Answer.DENY
    bench.prompts(0)
    assert await bench.asks("ls") is Answer.ALLOW
    assert [line.text for line in bench.asked.lines] == ["danger 1", "ls"]


async def test_a_denied_line_without_a_prompt_is_unverified(bench, monkeypatch):
    """In bounded time; a `more` of the same shell is no prompt."""
    monkeypatch.setattr(shell_witness, "DENY_SECONDS", 0.05)
    bench.prompts()
    bench.types("danger 1")
    await bench.asks("danger 1")
    bench.says(Kind.MORE)
    assert bench.shell.state is State.ASKING
    async with asyncio.timeout(5):
        await bench.asked.is_told.wait()
    assert bench.asked.told == [("unverified", "danger 1")]


async def test_a_denied_line_that_was_counted_as_run_is_unverified(bench):
    """The shell came back, but it ran something."""
    bench.prompts(3)
    bench.types("danger 1")
    await bench.asks("danger 1")
    bench.prompts(4)
    assert bench.asked.told == [("unverified", "danger 1")]


async def test_a_command_of_a_denied_line_is_denied_without_asking_anybody(bench):
    """It should not have come to it."""
    bench.prompts()
    bench.types("danger 1")
    await bench.asks("danger 1")
    assert await bench.asks("echo", Kind.COMMAND) is Answer.DENY
    assert len(bench.asked.lines) == 1


async def test_a_line_that_ran_without_a_question_is_told(bench):
    """The shell counts what it runs, and counted more than was asked for."""
    bench.prompts(3)
    bench.types("sneaky")
    bench.prompts(4)
    await turn()
    assert bench.asked.told == [("unasked", "sneaky in /root")]


async def test_an_empty_line_is_nothing(bench):
    """Enter alone, a comment, a syntax error: a prompt without a question, and nothing ran."""
    bench.prompts(3)
    bench.types("# a comment")
    bench.prompts(3)
    await turn()
    assert (bench.shell.state, bench.asked.told) == (State.PROMPT, [])


async def test_a_line_that_goes_on_waits_for_its_end(bench):
    """`more` gives the keys back; the whole line is asked for."""
    bench.prompts()
    bench.types("echo 'a")
    bench.says(Kind.MORE)
    assert bench.shell.state is State.EDITING
    bench.prints(b"> ")
    bench.types("b'")
    assert await bench.asks("echo 'a\nb'") is Answer.ALLOW
    assert bench.asked.marks == []


async def test_a_line_that_the_shell_cannot_tell_is_denied(bench):
    """Hidden from the history, say."""
    bench.prompts()
    bench.types(" danger 1")
    assert await bench.asks("") is Answer.DENY
    assert bench.asked.told[0][0] == "hidden-line"
    assert bench.asked.lines == []


async def test_a_shell_that_says_nothing_is_not_waited_for(bench, monkeypatch):
    """The keys are the screen's to judge then."""
    monkeypatch.setattr(shell_witness, "_HEAR_SECONDS", (0.02, 0.02))
    bench.prompts()
    bench.types("exec cat")
    await asyncio.wait_for(bench.shell.free(is_accepting=False), 5)
    assert bench.shell.state is State.RUNNING
    assert bench.asked.marks == ["unheard"]


async def test_what_was_typed_before_the_first_prompt_waits_for_it(bench):
    """Login files take their time; then the shell itself asks for the line."""
    freed = asyncio.ensure_future(bench.shell.free(is_accepting=True))
    await turn()
    assert not freed.done()
    bench.prompts()
    await asyncio.wait_for(freed, 5)
    assert (bench.shell.state, bench.asked.marks) == (State.PROMPT, [])


async def test_a_prompt_of_another_shell_opens_nothing(bench):
    """In another window, say: what is typed need not go there."""
    bench.prompts()
    bench.types("tmux opaque")
    await bench.asks("tmux opaque")
    bench.says(Kind.PROMPT, "0", OTHER)
    assert bench.shell.state is State.RUNNING


async def test_a_line_of_another_shell_is_judged_all_the_same(bench):
    """And its denial does not wait for a prompt."""
    bench.prompts()
    bench.types("opaque")
    await bench.asks("opaque")
    assert await bench.asks("danger 1", process=OTHER) is Answer.DENY
    assert bench.shell.state is State.RUNNING


@pytest.mark.parametrize("how", ["forged", "closed"])
async def test_a_shell_that_lost_its_word_is_lost_for_good(bench, how):
    """The mark says so, no prompt brings it back, and questions are still answered."""
    bench.prompts()
    if how == "forged":
        bench.shell.heard(Forged("not this session's nonce"))
    else:
        bench.shell.gone("the side channel is closed")
    assert bench.shell.state is State.LOST
    assert [mark.partition(":")[0] for mark in bench.asked.marks] == ["lost"]
    bench.prompts()
    assert bench.shell.state is State.LOST
    assert await bench.asks("ls") is Answer.ALLOW
    assert bench.asked.lines[0].reason == "lost-integration"


async def test_tampering_makes_the_next_line_opaque(bench):
    """What the shell says next may be worth nothing."""
    bench.prompts()
    bench.says(Kind.TAMPER, "PS0 was changed")
    bench.types("ls")
    await bench.asks("ls")
    assert bench.asked.lines[0].reason == "tamper"
    assert bench.asked.marks == ["tamper PS0 was changed"]


@pytest.mark.parametrize("kind", [Kind.LINE, Kind.COMMAND])
async def test_naming_what_the_integration_is_made_of_is_tampering(bench, kind):
    """Whoever takes it away has to name it; rules say what becomes of that."""
    bench.prompts()
    await bench.asks("unfunction __bas''tion_preexec", kind)
    assert bench.asked.lines[0].reason == "tamper"
    assert bench.asked.marks[0] == "tamper names __bastion_"


async def test_what_cannot_be_judged_ends_the_session(bench):
    """Whatever the reason: the shell gets no answer."""
    bench.prompts()
    bench.says(Kind.LINE, "broken")
    async with asyncio.timeout(5):
        await bench.asked.is_told.wait()
    assert (bench.asked.told, bench.answers) == ([("failed", "broken")], [])


async def test_a_person_whose_shell_cannot_ask_any_more_is_told(bench):
    """Once, when a line is typed: it drops them all."""
    bench.prompts()
    bench.shell.closed("the side channel is closed")
    assert bench.asked.told == []
    bench.shell.look()
    bench.shell.look()
    assert [how for how, _ in bench.asked.told] == ["warned"]


@pytest.mark.parametrize(("second", "reason"), [("echo two", ""), ("echo three", "tamper")])
async def test_lines_that_were_pasted_together_need_no_prompt_between(bench, second, reason):
    """The shell tells that there was none; of a line that was not in the paste it counts."""
    bench.prompts()
    bench.shell.typed(b"\x1b[200~echo one\recho two\x1b[201~")
    bench.shell.accepted(b"\r", 0.0)
    await bench.asks("echo one")
    bench.says(Kind.TAMPER, "no prompt before this line")
    await bench.asks(second)
    assert bench.asked.lines[1].reason == reason


async def test_a_paste_that_a_nested_shell_would_read_is_stopped(bench):
    """A line that starts something opaque, while more of the paste is on its way."""
    bench.prompts()
    bench.shell.typed(b"\x1b[200~opaque\rdanger\r\x1b[201~")
    assert await bench.asks("opaque") is Answer.DENY
    assert bench.asked.told[0][0] == "dropped"


async def test_a_comment_covers_no_other_line_of_a_paste(bench):
    """What stands in a line as well is more than that line, if it was pasted for itself."""
    bench.prompts()
    bench.shell.typed(b"\x1b[200~opaque # ls\rls\r\x1b[201~")
    assert await bench.asks("opaque # ls") is Answer.DENY
    assert bench.asked.told[0][0] == "dropped"


async def test_a_shell_within_that_asks_has_the_keys(bench):
    """What it says counts as the first one's did, until that one is at its prompt again."""
    bench.prompts()
    bench.types("bash")
    assert await bench.asks("bash") is Answer.ALLOW
    bench.says(Kind.PROMPT, "0", OTHER)
    assert bench.shell.state is State.PROMPT
    bench.types("danger 1")
    assert await bench.asks("echo safe", process=OTHER) is Answer.DENY
    bench.says(Kind.PROMPT, "0", OTHER)
    bench.types("exit")
    assert await bench.asks("exit", process=OTHER) is Answer.ALLOW
    bench.prompts(1)
    assert bench.shell.state is State.PROMPT
    assert bench.asked.told == []
    bench.says(Kind.LINE, "ls", OTHER)
    await bench.answered(4)
    bench.says(Kind.PROMPT, "1", OTHER)
    assert bench.shell.state is State.RUNNING


async def test_keys_that_run_a_command_put_the_screen_in_charge(bench):
    """A key bound to an editor, say: what is typed next may go there."""
    bench.prompts()
    assert await bench.asks("fc -e vi", Kind.COMMAND) is Answer.ALLOW
    assert bench.shell.state is State.RUNNING


async def test_questions_are_answered_one_after_the_other(bench):
    """A pipeline asks from several processes at once."""
    bench.prompts()
    bench.types("opaque")
    await bench.asks("opaque")
    bench.asked.release.clear()
    bench.says(Kind.COMMAND, "one", 50)
    bench.says(Kind.COMMAND, "two", 51)
    await turn()
    assert [line.text for line in bench.asked.lines] == ["opaque", "one"]
    bench.asked.release.set()
    await bench.answered(3)
    assert [text for text, _ in bench.answers] == ["opaque", "one", "two"]


async def test_a_flood_of_questions_is_denied(bench):
    """What waits is bounded."""
    bench.prompts()
    bench.asked.release.clear()
    for number in range(100):
        bench.says(Kind.COMMAND, f"c{number}", 100 + number)
    assert bench.answers
    assert {given for _, given in bench.answers} == {Answer.DENY}


async def test_the_end_of_a_shell_that_left_is_no_loss(bench):
    """The channel closes with the session."""
    bench.prompts()
    bench.says(Kind.END, "exit")
    bench.shell.closed("the side channel is closed")
    bench.shell.look()
    assert (bench.asked.marks, bench.asked.told) == ([], [])


async def test_nobody_sits_at_a_shell_that_will_not_ask_before_that_may_be(bench):
    """All keys wait; then its screen is judged, and a line in it is not opaque by itself."""
    bench.asked.release.clear()
    freed = asyncio.ensure_future(bench.shell.free(is_accepting=True))
    await turn()
    bench.says(Kind.END, "no /dev/fd", 7)
    await bench.asked.is_asked.wait()
    assert bench.shell.waits
    bench.shell.look()
    assert bench.asked.marks == ["no-integration: no /dev/fd"]
    await asyncio.wait([freed], timeout=0.05)
    assert not freed.done()
    bench.asked.release.set()
    await asyncio.wait_for(freed, 5)
    assert (bench.shell.state, bench.shell.reason) == (State.RUNNING, "")


async def test_nobody_sits_at_a_shell_that_may_not_be_sat_at(bench):
    """Its session is about to end: until it has, the keys wait."""
    bench.says(Kind.END, "denied", 7)
    await bench.asked.is_asked.wait()
    await turn()
    assert bench.shell.waits
