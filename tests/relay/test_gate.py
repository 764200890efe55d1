"""The gate in front of a real bash on a real terminal."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator

import pytest

from bastion.command.shell.questions import Kind, Question
from bastion.relay import first_prompt, gate
from tests.relay.gated_shell import PROMPT, Bench
from tests.servers.waiting import turn


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await bench.shell.shows(PROMPT)
    yield bench
    bench.gate.close()
    bench.shell.close()


async def test_an_allowed_line_runs(bench):
    """The line is judged as it stands on the screen, then Enter is sent."""
    bench.gate.keys(b"echo o''ne\r")
    await bench.shell.shows("one\r\n")
    assert [line.text for line in bench.judge.lines] == ["echo o''ne"]
    await bench.shell.shows(PROMPT, 2)
    assert bench.judge.finished == 1


async def test_enter_waits_for_the_judge(bench):
    """While the judge thinks, the accepting key has not reached the host."""
    bench.judge.release.clear()
    bench.gate.keys(b"echo one\r")
    await bench.judge.is_asked.wait()
    assert b"\r" not in b"".join(bench.shell.sent)
    bench.judge.release.set()
    await bench.shell.shows("one\r\n")


async def test_a_stopped_line_does_not_run_and_the_prompt_comes_back(bench):
    """Nothing of the line runs; the shell lives."""
    bench.gate.keys(b"echo dan''ger | tr a-z A-Z; echo danger\r")
    await bench.shell.shows(PROMPT, 2)
    assert b"DANGER" not in bench.shell.shown
    bench.gate.keys(b"echo al''ive\r")
    await bench.shell.shows("alive\r\n")


async def test_what_was_typed_after_a_stopped_line_is_thrown_away(bench):
    """A paste whose first line is stopped runs nothing of the rest."""
    bench.gate.keys(b"echo danger\recho rest\r")
    await bench.shell.shows(PROMPT, 2)
    bench.gate.keys(b"echo o''k\r")
    await bench.shell.shows("ok\r\n")
    assert b"rest\r\n" not in bench.shell.shown


async def test_the_rest_of_a_stopped_paste_is_thrown_away(bench):
    """A paste arrives in pieces; what comes after the stop does not run either."""
    bench.gate.keys(b"\x1b[200~echo one\recho danger\r")
    await bench.shell.shows("^C")
    bench.gate.keys(b"echo re''st\recho mo''re\x1b[201~")
    bench.gate.keys(b"echo f''ine\r")
    await bench.shell.shows("fine\r\n")
    assert b"re''st" not in b"".join(bench.shell.sent)
    assert b"mo''re" not in b"".join(bench.shell.sent)


@pytest.mark.parametrize("key", [b"\r", b"\n", b"\x0f"], ids=["CR", "LF", "^O"])
async def test_every_accepting_key_is_held(bench, key):
    """CR, LF and ^O (operate-and-get-next) all accept a line in bash."""
    bench.gate.keys(b"echo danger" + key)
    await bench.shell.shows(PROMPT, 2)
    assert b"danger\r\n" not in bench.shell.shown
    assert key not in b"".join(bench.shell.sent)


async def test_the_end_of_input_hands_over_a_line(bench):
    """A program that reads from the terminal itself gets at ^D what was typed so far."""
    bench.gate.keys(b"PS1='d''d$ ' dash\r")
    await bench.shell.shows("dd$ ")
    bench.gate.keys(b"echo dan''ger; echo danger\x04\x04")
    await bench.shell.shows("^C")
    assert bench.judge.lines[-1].text == "echo dan''ger; echo danger"
    assert b"\x04" not in b"".join(bench.shell.sent)
    bench.gate.keys(b"\x04")
    await bench.shell.shows(PROMPT, 2)


async def test_what_is_typed_behind_the_ctrl_c_that_takes_a_line_back_is_kept(bench):
    """What was typed before it is not."""
    bench.judge.release.clear()
    bench.gate.keys(b"echo o''ne\r")
    await bench.judge.is_asked.wait()
    bench.gate.keys(b"echo t''wo\r")
    bench.gate.keys(b"echo th''ree\r\x03echo fo''ur")
    bench.gate.keys(b"teen\r")
    await bench.shell.shows("fourteen\r\n")
    assert [line.text for line in bench.judge.lines] == ["echo o''ne", "echo fo''urteen"]


async def test_ctrl_c_while_a_completion_is_awaited_makes_no_other_key_accept(bench):
    """It takes something else back; what accepts is still the key that was typed for it."""
    bench.gate.keys(b"echo o''ne\r")
    await bench.shell.shows("one\r\n")
    bench.judge.release.clear()
    bench.gate.keys(b"echo t''wo\t\r")
    await turn()
    bench.gate.keys(b"\x03echo th''ree\r")
    await bench.shell.shows("three\r\n")
    assert [line.text for line in bench.judge.lines][1:] == ["echo t''wo", "echo th''ree"]


async def test_what_scrolls_a_full_screen_is_not_judged(bench):
    """What ^D is for there, only the program knows: that is marked, once."""
    bench.gate.keys(b"printf '\\e[?1049h\\e[2J\\e[5;1Hsome te''xt'; cat -v\r")
    await bench.shell.shows("some text")
    bench.gate.keys(b"x")
    await bench.shell.shows("some textx")
    bench.gate.keys(b"\x04\x04")
    await bench.shell.shows(PROMPT, 2)
    assert len(bench.judge.lines) == 1
    assert bench.judge.marks == ["full-screen keys"]


async def test_accepting_keys_in_one_chunk_are_judged_one_by_one(bench):
    """Each line of a chunk is judged as it stands when its own Enter comes."""
    bench.gate.keys(b"echo o''ne\recho t''wo\r")
    await bench.shell.shows("two\r\n")
    assert [line.text for line in bench.judge.lines] == ["echo o''ne", "echo t''wo"]


async def test_recall_and_enter_in_one_chunk_is_judged_on_the_recalled_line(bench):
    """Up and Enter that arrive together: what runs is what was recalled."""
    bench.gate.keys(b"echo d''anger\r")
    await bench.shell.shows("danger\r\n")
    await bench.shell.shows(PROMPT, 2)
    bench.gate.keys(b"\x1b[A\r")
    await bench.shell.shows(PROMPT, 3)
    assert bench.judge.lines[-1].text == "echo d''anger"


async def test_a_completed_word_is_judged(bench, tmp_path):
    """Tab and Enter that arrive together: the completed word is read."""
    (tmp_path / "danger-zone").touch()
    bench.gate.keys(f"echo {tmp_path}/dan\t\r".encode())
    await bench.shell.shows(PROMPT, 2)
    assert b"danger-zone \r\n" not in bench.shell.shown.split(PROMPT.encode())[-1]
    assert "danger-zone" in bench.judge.lines[0].text


async def test_a_completion_that_does_not_come_leaves_the_line_half_seen(
    bench, tmp_path, monkeypatch
):
    """What Tab will make of the line is not known, so nobody may say that it was read."""
    monkeypatch.setattr(gate, "_LONGEST_SETTLE_SECONDS", 0.2)
    os.mkfifo(tmp_path / "slow")
    slow = f"f() {{ read -r a <{tmp_path}/slow; COMPREPLY=(danger); }}; complete -F f echo\r"
    os.write(bench.shell.fd, slow.encode())
    await bench.shell.shows(PROMPT, 2)
    bench.gate.keys(b"echo d")
    await bench.shell.shows("echo d")
    bench.judge.release.clear()
    bench.gate.keys(b"\t\r")
    await bench.judge.is_asked.wait()
    assert [(line.text, line.reason) for line in bench.judge.lines] == [("echo d", "half-seen")]


async def test_a_completion_that_came_is_seen(bench, tmp_path):
    """Then the line is as good as typed."""
    (tmp_path / "danger-zone").touch()
    bench.gate.keys(f"echo {tmp_path}/dan\t\r".encode())
    await bench.shell.shows(PROMPT, 2)
    assert bench.judge.lines[0].reason == ""


async def test_enter_on_an_empty_line_asks_nobody(bench):
    """There is nothing to judge, and it costs nothing."""
    bench.gate.keys(b"\r")
    await bench.shell.shows(PROMPT, 2)
    assert bench.judge.lines == []


async def test_interrupted_typing_starts_afresh(bench):
    """^C throws the line away; the next one is read from its own prompt."""
    bench.gate.keys(b"echo danger")
    await bench.shell.shows("echo danger")
    await bench.shell.is_reading()
    bench.gate.keys(b"\x03")
    await bench.shell.shows(PROMPT, 2)
    bench.gate.keys(b"echo f''ine\r")
    await bench.shell.shows("fine\r\n")
    assert bench.judge.lines[-1].text == "echo f''ine"


async def test_a_line_in_the_same_chunk_after_an_interrupt_is_judged(bench):
    """^C does not make the gate forget what follows it."""
    bench.gate.keys(b"abc\x03echo danger\r")
    await bench.judge.is_asked.wait()
    assert any(
        "danger" in text for text in (bench.judge.lines[0].text, *bench.judge.lines[0].others)
    )


@pytest.mark.parametrize("then", [b"\r", b" \r", b"\x03\r"], ids=["Enter", "blank", "^C"])
async def test_a_line_that_ctrl_c_did_not_throw_away_is_judged_again(bench, then):
    """The terminal's interrupt key is another one: what stands there still does."""
    os.write(bench.shell.fd, b"stty intr ^X; bind 'set bell-style audible'; PS1='new$ '\r")
    await bench.shell.shows("hnew$ ")
    bench.gate.keys(b"echo d''anger; echo danger")
    await bench.shell.shows("echo danger")
    bench.gate.keys(b"\r")
    await bench.shell.shows("\x07")
    bench.gate.keys(then)
    await bench.shell.shows("\x07", 2 + then.startswith(b"\x03"))
    assert b"danger\r\n" not in bench.shell.shown
    assert b"\r" not in b"".join(bench.shell.sent)


@pytest.mark.parametrize("prompt", ["new", "~/in/it\\nmore\\n[$?] new", "\\t \\! new"])
async def test_a_dropped_line_is_known_by_its_prompt(bench, prompt):
    """One row or several, with numbers and a status that change."""
    os.write(bench.shell.fd, f"PS1='{prompt}''> '\r".encode())
    await bench.shell.shows("new> ")
    bench.gate.keys(b"echo danger\r")
    await bench.judge.is_asked.wait()
    bench.gate.keys(b"echo f''ine\r")
    bench.gate.keys(b"echo f''ine\r")
    await bench.shell.shows("fine\r\n")
    assert bench.judge.unverified_lines == []


@pytest.mark.parametrize("line", ["echo danger", "echo -n dan''ger danger"])
async def test_a_line_that_ctrl_c_accepted_is_unverified(bench, line, monkeypatch):
    """A prompt comes back, but so does what the line printed."""
    monkeypatch.setattr(gate, "_CANCEL_SECONDS", 0.5)
    os.write(bench.shell.fd, b"stty intr ^X; bind '\"\\C-c\": accept-line'\r")
    await bench.shell.shows(PROMPT, 2)
    bench.gate.keys(f"{line}\r".encode())
    await asyncio.wait_for(bench.judge.is_unverified.wait(), 10)
    assert bench.judge.unverified_lines == [line]


_MISSES = r"""
import os, tty
tty.setraw(0)
answers = {b"\x03": [b"\r", b"\r\nsub$ "]}
os.write(1, b"sub$ ")
while key := os.read(0, 1):
    os.write(1, answers[key].pop(0) if key in answers else key)
"""


async def test_a_shell_that_misses_ctrl_c_gets_it_again(bench, tmp_path, monkeypatch):
    """As bash may in the midst of a key; that its prompt comes only then is no alarm."""
    monkeypatch.setattr(gate, "_REPEAT_SECONDS", 0.1)
    (tmp_path / "s").write_text(_MISSES)
    bench.gate.keys(f"{sys.executable} {tmp_path}/s\r".encode())
    await bench.shell.shows("sub$ ")
    bench.gate.keys(b"danger")
    await bench.shell.shows("sub$ danger")
    bench.gate.keys(b"\r")
    await bench.shell.shows("sub$ ", 2)
    bench.gate.keys(b"fine")
    await bench.shell.shows("sub$ fine")
    assert (bench.judge.unverified_lines, bench.shell.sent.count(b"\x03")) == ([], 2)


async def test_a_line_that_the_shell_shows_before_it_runs_is_judged(bench):
    """With `histverify` the first Enter only shows what the second one runs."""
    os.write(bench.shell.fd, b"shopt -s histverify; history -s danger\r")
    await bench.shell.shows(PROMPT, 2)
    bench.gate.keys(b"echo one\r")
    await bench.shell.shows(PROMPT, 3)
    bench.gate.keys(b"!d\r")
    await bench.shell.shows(PROMPT + "danger")
    bench.gate.keys(b"\r")
    await bench.shell.shows("^C")
    assert b"danger: command not found" not in bench.shell.shown


async def test_what_cannot_be_judged_ends_the_session(bench):
    """Whatever the reason: the key that was to accept it is not sent."""
    bench.judge.breaks = ValueError("a bug")
    bench.gate.keys(b"echo one\r")
    assert await asyncio.wait_for(bench.judge.failure, 5) is bench.judge.breaks
    assert b"\r" not in b"".join(bench.shell.sent)


async def test_a_reply_of_the_terminal_is_not_typing(bench):
    """A cursor position report before the prompt does not become the prompt cell."""
    bench.gate.keys(b"\x1b[12;40R")
    bench.gate.keys(b"echo danger\r")
    await bench.judge.is_asked.wait()
    assert any(
        "danger" in text for text in (bench.judge.lines[0].text, *bench.judge.lines[0].others)
    )


async def test_keys_without_echo_are_hidden_and_judged(bench):
    """A password typed at `read -s` leaves nothing in the record."""
    bench.gate.keys(b"read -sp 'Pass''word: ' v\r")
    await bench.shell.shows("Password: ")
    for key in b"hunter2":
        bench.gate.keys(bytes([key]))
    bench.gate.keys(b"\r")
    await bench.shell.shows(PROMPT, 2)
    secret = [
        h for sent, h in zip(bench.shell.sent, bench.shell.hidden, strict=True) if sent.isalnum()
    ]
    assert secret[-7:] == [True] * 7
    assert (bench.judge.lines[-1].text, bench.judge.lines[-1].where) == ("", "no-echo")


async def test_a_flood_of_waiting_keys_holds_the_user_back(bench):
    """What waits behind a held line is bounded."""
    bench.judge.release.clear()
    bench.gate.keys(b"echo one\r")
    await bench.judge.is_asked.wait()
    bench.gate.keys(b"x" * 70_000)
    assert bench.shell.held == {"gate"}
    bench.gate.close()


async def test_a_shell_that_never_speaks_is_judged_by_its_screen(bench, monkeypatch):
    """It was to ask, and does not: what is typed waits for its prompt in bounded time."""
    monkeypatch.setattr(first_prompt, "_QUIET_SECONDS", 0.1)
    bench.gate.hear(lambda *_: None)
    bench.gate.keys(b"echo o''ne\recho t''wo\recho dan''ger; echo danger\r")
    await bench.shell.shows("two\r\n")
    await bench.shell.shows("^C")
    assert b"danger\r\n" not in bench.shell.shown


async def test_a_line_that_the_shell_will_ask_for_is_foreseen(bench):
    """Enter goes to the shell, and what stands on the screen is read meanwhile."""
    shell = bench.gate.hear(lambda *_: None)
    shell.heard(Question(Kind.PROMPT, 1, 0, "1", "0"))
    bench.gate.keys(b"echo on''e")
    await bench.shell.shows("on''e")
    bench.gate.keys(b"\r")
    await bench.shell.shows("one\r\n")
    assert (bench.judge.foreseen, bench.judge.lines) == (["echo on''e"], [])


async def test_ctrl_c_takes_back_what_waits_for_the_first_prompt(bench):
    """It goes to what runs before that; the line does not."""
    bench.gate.hear(lambda *_: None)
    bench.gate.keys(b"echo one\r")
    await turn()
    bench.gate.keys(b"\x03")
    await turn()
    assert bench.shell.sent == [b"\x03"]
