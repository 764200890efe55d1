"""The screen witness, as transcripts of what a host prints and a person types."""

from bastion.relay.witness import Witness

PROMPT = b"root@gpu-01:~# "


def watched(cols: int = 80, rows: int = 24, output: bytes = PROMPT) -> Witness:
    witness = Witness(cols, rows)
    witness.output(output, 0.0)
    return witness


def type_and_echo(witness: Witness, keys: bytes, now: float = 1.0) -> None:
    witness.typed(keys, now)
    witness.output(keys, now + 0.01)


def test_a_typed_line_is_read_from_the_prompt_cell():
    """What stands behind the prompt is the line; the prompt is not."""
    witness = watched()
    type_and_echo(witness, b"nvidia-smi --gpu-reset")
    line = witness.line()
    assert line.text == "nvidia-smi --gpu-reset"
    assert line.where == "shell"


def test_nothing_typed_is_blank():
    """Enter on an empty prompt has nothing to judge."""
    assert watched().line().is_blank


def test_a_recalled_line_is_read_though_it_was_not_typed():
    """Arrow keys put text on the screen that no key spelled."""
    witness = watched()
    witness.typed(b"\x1b[A", 1.0)
    witness.output(b"rm -rf /data", 1.01)
    assert witness.line().text == "rm -rf /data"


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
    assert (line.text, line.where) == ("reboot", "full-screen")


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
