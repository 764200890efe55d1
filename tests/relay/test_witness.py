"""The screen witness, as transcripts of what a host prints and a person types."""

import pytest

from bastion.relay.line import Line
from bastion.relay.witness import Witness

PROMPT = b"root@gpu-01:~# "


def watched(cols: int = 80, rows: int = 24, output: bytes = PROMPT) -> Witness:
    witness = Witness(cols, rows)
    witness.output(output, 0.0)
    return witness


def type_and_echo(witness: Witness, keys: bytes, now: float = 1.0) -> None:
    witness.typed(keys, now)
    witness.output(keys, now + 0.01)


def knowing(command: bytes, prompt: bytes) -> Witness:
    """A witness that saw *command* run at *prompt*."""
    witness = watched(output=prompt)
    type_and_echo(witness, command)
    witness.line()
    witness.learn()
    witness.accepted()
    witness.output(b"\r\n", 1.5)
    return witness


def editing(output: bytes) -> Witness:
    """A witness of an editor that was started at a prompt and printed *output*."""
    witness = knowing(b"vi", PROMPT)
    witness.output(b"\x1b[?1049h\x1b[H\x1b[2J" + output, 2.0)
    return witness


def test_a_typed_line_is_read_from_the_prompt_cell():
    """What stands behind the prompt is the line; the prompt is not."""
    witness = watched()
    type_and_echo(witness, b"nvidia-smi --gpu-reset")
    line = witness.line()
    assert line.text == "nvidia-smi --gpu-reset"
    assert line.where == "shell"


@pytest.mark.parametrize(("typed", "text"), [(b"ls", "ls"), (b"^Cx^y", "^C^Cx^y")])
def test_the_echo_of_ctrl_c_is_no_part_of_a_line(typed, text):
    """A program that ignores it leaves it there, before what is typed next; it was not typed."""
    witness = watched(output=b"working\r\n")
    witness.cancelled()
    witness.typed(typed, 1.0)
    witness.output(b"^C" + typed, 1.1)
    assert witness.line().text == text


def test_nothing_typed_is_blank():
    """Enter on an empty prompt has nothing to judge."""
    assert watched().line().is_blank


def test_a_recalled_line_is_read_though_it_was_not_typed():
    """Arrow keys put text on the screen that no key spelled."""
    witness = watched()
    witness.typed(b"\x1b[A", 1.0)
    witness.output(b"rm -rf /data", 1.01)
    assert witness.line().text == "rm -rf /data"


def test_a_key_that_changes_the_line_is_awaited_until_something_answers():
    """And not for ever: some change nothing."""
    witness = watched()
    type_and_echo(witness, b"echo hi")
    assert not witness.owed_since(1.5)
    witness.typed(b"\x1b[A", 2.0)
    assert (witness.owed_since(2.1), witness.owed_since(7.0)) == (2.0, 0.0)
    witness.output(b"\r\x1b[15Cdanger", 2.2)
    assert not witness.owed_since(2.3)


@pytest.mark.parametrize(
    ("output", "is_awaited"),
    [
        (b"", True),
        (b"\x1b[90mger now\x1b[7D\x1b[m", True),
        (b"\r" + PROMPT + b"\x1b[91mdan\x1b[m", True),
        (b"ger ", False),
    ],
    ids=["nothing", "a suggestion", "other colours", "the completion"],
)
def test_a_completion_is_awaited_until_the_line_is_another(output, is_awaited):
    """A shell prints other things while it thinks."""
    witness = watched()
    type_and_echo(witness, b"dan")
    witness.typed(b"\t", 2.0)
    witness.output(output, 2.1)
    assert bool(witness.owed_since(2.2)) is is_awaited


def test_a_late_echo_is_not_the_completion():
    """What was typed before Tab may be shown after Tab was sent."""
    witness = watched()
    witness.typed(b"dan\t", 1.0)
    witness.output(b"dan", 1.1)
    assert witness.owed_since(1.2)
    witness.output(b"ger ", 1.3)
    assert not witness.owed_since(1.4)


def test_what_is_typed_unseen_after_a_line_was_killed_is_judged():
    """Without echo, the keys since then are all that is known; they are hidden in the record."""
    witness = watched()
    witness.typed(b"\x15", 1.0)
    witness.typed(b"danger", 1.1)
    assert witness.line() == Line("", ("danger",), "no-echo", "")
    assert witness.is_hidden(2.0)


def test_a_line_with_the_cursor_moved_left_is_read_to_its_end():
    """What stands right of the cursor runs as well."""
    witness = watched()
    type_and_echo(witness, b"echo hi; reboot")
    witness.typed(b"\x1b[D" * 8, 2.0)
    witness.output(b"\x08" * 8, 2.01)
    assert witness.line().text == "echo hi; reboot"


def test_a_wrapped_line_is_joined_without_a_gap():
    """A line that is longer than the terminal is one line."""
    witness = watched(cols=20)
    type_and_echo(witness, b"rm -rf /mnt/checkpoints")
    assert witness.line().text == "rm -rf /mnt/checkpoints"


def test_a_wrap_at_a_blank_keeps_the_blank():
    """A wrap that falls on a blank neither glues nor splits words, in at least one reading."""
    witness = watched(cols=22)
    type_and_echo(witness, b"rm -rf /models")
    line = witness.line()
    assert "rm -rf /models" in (line.text, *line.others)


def test_a_wrapped_line_that_scrolled_is_still_whole():
    """The prompt cell keeps its row while the screen scrolls under it."""
    witness = watched(cols=20, rows=3, output=b"a\r\nb\r\n" + PROMPT)
    type_and_echo(witness, b"echo 0123456789 abcdef")
    assert witness.line().text == "echo 0123456789 abcdef"


def test_type_ahead_is_read_behind_the_prompt_it_was_not_typed_at():
    """Keys typed while a command ran are echoed before the prompt, then again behind it."""
    witness = watched()
    type_and_echo(witness, b"sleep 1")
    assert witness.line().text == "sleep 1"
    witness.learn()
    witness.accepted()
    witness.output(b"\r\n", 1.1)
    type_and_echo(witness, b"reboot", 1.2)
    witness.output(b"\r\n" + PROMPT + b"reboot", 2.0)
    line = witness.line()
    assert "reboot" in (line.text, *line.others)


def test_keys_typed_before_any_prompt_are_read_behind_the_first_one():
    """Even the first prompt is recognised by its looks when nothing stands left of the cell."""
    witness = Witness(80, 24)
    witness.typed(b"\x1b[A", 0.5)
    witness.output(b"alice@gpu-01:~$ reboot", 1.0)
    line = witness.line()
    assert "reboot" in line.others


def test_plain_keys_are_offered_beside_the_screen():
    """A host that echoes something else than what was typed cannot hide the keys."""
    witness = watched()
    witness.typed(b"rebooX", 1.0)
    witness.typed(b"\x7ft", 1.1)
    witness.output(b"ls", 1.2)
    line = witness.line()
    assert line.text == "ls"
    assert "reboot" in line.others


def test_a_line_without_echo_is_judged_and_not_shown():
    """With echo off the text is offered for judgement, never as the recorded text."""
    witness = watched(output=b"Password: ")
    witness.typed(b"hunter2", 1.0)
    line = witness.line()
    assert (line.text, line.where) == ("", "no-echo")
    assert line.others == ("hunter2",)


def test_a_password_prompt_hides_keys_from_the_first_one():
    """The record gets no key of a password."""
    witness = watched(output=b"[sudo] password for alice: ")
    witness.typed(b"h", 1.0)
    assert witness.is_hidden(1.0)


def test_silence_after_a_key_hides_the_next_one():
    """A prompt in any language: when nothing echoes, keys are no longer recorded."""
    witness = watched(output=b"Mot de passe : ")
    witness.typed(b"h", 1.0)
    assert not witness.is_hidden(1.1)
    assert witness.is_hidden(1.5)


def test_echoed_keys_are_never_hidden():
    """Typing slowly at a prompt that echoes is recorded."""
    witness = watched()
    type_and_echo(witness, b"l", 1.0)
    assert not witness.is_hidden(9.0)


def test_a_line_to_a_program_is_known_as_such():
    """A prompt that ends unlike the shell's is a program's."""
    witness = watched()
    type_and_echo(witness, b"python3")
    witness.line()
    witness.learn()
    witness.accepted()
    witness.output(b"\r\n>>> ", 2.0)
    type_and_echo(witness, b'print("x")', 3.0)
    assert witness.line().where == "in-program"


def test_the_alternate_screen_is_read_all_the_same():
    """Printing the escape of the alternate screen does not turn reading off."""
    witness = watched()
    witness.output(b"\x1b[?1049h\x1b[2;1H" + PROMPT, 1.0)
    type_and_echo(witness, b"reboot", 2.0)
    line = witness.line()
    assert (line.text, line.where) == ("reboot", "shell")


def test_a_known_prompt_is_judged_as_a_shell_on_the_alternate_screen():
    """A command that prints the escape of the alternate screen hides nothing that follows."""
    witness = knowing(b"printf '\\033[?1049h'", PROMPT)
    witness.output(b"\x1b[?1049h\x1b[H" + PROMPT, 2.0)
    type_and_echo(witness, b"rm -rf /", 3.0)
    line = witness.line()
    assert (line.text, line.where) == ("rm -rf /", "shell")


def test_a_known_prompt_need_not_look_like_one():
    """Whatever stood left of a line that ran is a prompt there too."""
    witness = knowing(b"ls", b"gpu-01 \xe2\x9e\x9c  ")
    witness.output(b"\x1b[?1049h\x1b[H" + b"gpu-01 \xe2\x9e\x9c  ", 2.0)
    type_and_echo(witness, b"rm -rf /", 3.0)
    assert witness.line().where == "shell"


@pytest.mark.parametrize(
    "prompt", [b"root@other:~# ", b"bash-5.2$ ", b"junk root@gpu-01:~# ", b"h% "]
)
def test_a_new_prompt_on_the_alternate_screen_is_known_by_its_mark(prompt):
    """Another shell in tmux: its prompt ends as a shell's does."""
    witness = knowing(b"tmux", PROMPT)
    witness.output(b"\x1b[?1049h\x1b[H" + prompt, 2.0)
    type_and_echo(witness, b"rm -rf /", 3.0)
    line = witness.line()
    assert (line.text, line.where) == ("rm -rf /", "shell")


def test_keys_before_the_prompt_of_the_alternate_screen_are_read_behind_it():
    """Type-ahead is no way around."""
    witness = knowing(b"x", PROMPT)
    witness.output(b"\x1b[?1049h\x1b[H", 2.0)
    type_and_echo(witness, b"reboot", 3.0)
    witness.output(b"\r\n" + PROMPT + b"reboot", 3.5)
    line = witness.line()
    assert (line.text, line.where) == ("reboot", "shell")


def test_after_a_resize_a_new_prompt_on_the_alternate_screen_is_read():
    """Where the cell is not known any more, what looks like a prompt is one."""
    witness = knowing(b"tmux", PROMPT)
    witness.output(b"\x1b[?1049h\x1b[Hroot@other:~# ", 2.0)
    type_and_echo(witness, b"rebo", 3.0)
    witness.resize(100, 30)
    type_and_echo(witness, b"ot", 3.5)
    line = witness.line()
    assert line.where == "shell"
    assert "reboot" in (line.text, *line.others)


def test_in_a_split_screen_the_line_is_what_its_pane_shows():
    """What stands beside it is told as another reading only."""
    witness = knowing(b"tmux", PROMPT)
    border = "".join(f"\x1b[{row};41H\u2502it's {row}" for row in range(1, 24))
    witness.output(b"\x1b[?1049h" + border.encode() + b"\x1b[H" + PROMPT, 2.0)
    type_and_echo(witness, b"rm -rf /mnt/chec", 3.0)
    line = witness.line()
    assert (line.text, line.where) == ("rm -rf /mnt/chec", "shell")
    assert any("it's 1" in other for other in line.others)
    witness.accepted()
    witness.output(b"\x1b[5;1H" + PROMPT, 4.0)
    type_and_echo(witness, b"echo 0123456789 012345678", 5.0)  # wraps at column 40 of its pane
    witness.output(b"\x1b[6;1H", 5.1)
    type_and_echo(witness, b"abc", 5.2)
    assert witness.line().text == "echo 0123456789 012345678abc"


@pytest.mark.parametrize("prompt", [PROMPT, b"root@other:~# "])
def test_a_line_in_the_pane_that_was_changed_to_is_read(prompt):
    """The first key went to tmux, so it marks no prompt of this pane."""
    witness = knowing(b"tmux", PROMPT)
    border = "".join(f"\x1b[{row};41H\u2502" for row in range(1, 24))
    witness.output(b"\x1b[?1049h" + border.encode() + b"\x1b[1;42H" + prompt, 2.0)
    witness.output(b"\x1b[H" + PROMPT, 2.1)
    witness.typed(b"\x02o", 3.0)
    witness.output(b"\x1b[1;%dH" % (42 + len(prompt)), 3.1)
    type_and_echo(witness, b"rm -rf /", 4.0)
    line = witness.line()
    assert line.where == "shell"
    assert "rm -rf /" in (line.text, *line.others)


def test_text_in_an_editor_is_no_shell_line():
    """It is told as typed into a full-screen program, the cursor's row alone."""
    witness = editing(b"\x1b[5;1H")
    type_and_echo(witness, b"rm -rf /")
    assert witness.line() == Line("rm -rf /", (), "full-screen")
    witness.accepted()
    witness.output(b"\x1b[6;1H", 4.0)
    witness.typed(b"\x1b:", 4.5)
    witness.output(b"\x1b[24;1H:", 4.6)
    type_and_echo(witness, b"q!", 5.0)
    assert witness.line() == Line(":q!", (), "full-screen")


@pytest.mark.parametrize("comment", [b"# ", b"    # ", b"> ", b"% "])
def test_a_single_mark_in_an_editor_is_no_prompt(comment):
    """A comment that the editor goes on with by itself."""
    witness = editing(b"\x1b[5;1H" + comment)
    type_and_echo(witness, b"it's rm -rf /")
    assert witness.line().where == "full-screen"


def test_what_is_typed_in_an_editor_is_not_learnt_as_a_prompt():
    """Else a long edit would push out the prompts that are known."""
    witness = editing(b"\x1b[5;1H")
    for number in range(40):
        witness.output(b"\x1b[5;1Hline %d is " % number, 4.0)
        type_and_echo(witness, b"text", 5.0)
        witness.learn()
        witness.accepted()
    witness.output(b"\x1b[?1049l\r\n" + PROMPT, 6.0)
    type_and_echo(witness, b"rebo", 7.0)
    witness.resize(100, 30)
    type_and_echo(witness, b"ot", 7.5)
    assert witness.line().text == "reboot"


def test_lines_that_were_pasted_together_are_read_as_lines():
    """Rows that are not full are lines of their own; the last may wrap."""
    witness = watched(cols=30)
    witness.typed(b"\x1b[200~", 1.0)
    witness.output(PROMPT.replace(b"root", b"\rroot") + b"echo one\r\necho two\r\n", 1.1)
    witness.output(b"rm -rf /mnt/checkpoints/run-41/old", 1.2)
    line = witness.line()
    assert line.text == "echo one\necho two\nrm -rf /mnt/checkpoints/run-41/old"


def test_lines_below_the_cursor_are_read_as_well():
    """They run too when the cursor was moved up before Enter."""
    witness = watched()
    witness.typed(b"\x1b[200~", 1.0)
    witness.output(b"echo one\r\nreboot\x1b[A\r", 1.1)
    assert "echo one\nreboot" in witness.line().others


def test_after_a_resize_the_line_is_found_behind_a_known_prompt():
    """A resize moves text; the prompt seen before tells where the line begins."""
    witness = watched()
    type_and_echo(witness, b"ls")
    witness.line()
    witness.learn()
    witness.accepted()
    witness.output(b"\r\n" + PROMPT, 1.5)
    type_and_echo(witness, b"rebo", 2.0)
    witness.resize(100, 30)
    type_and_echo(witness, b"ot", 2.5)
    line = witness.line()
    assert "reboot" in (line.text, *line.others)
