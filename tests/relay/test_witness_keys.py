"""What the screen witness makes of keys whose echo is no part of the line that they are in."""

import pytest

from bastion.relay.line import Line
from bastion.relay.witness import Witness

PROMPT = b"$ "


def at_work(command: bytes) -> Witness:
    """A witness that saw *command* begin at a prompt."""
    witness = Witness(80, 24)
    witness.output(PROMPT, 0.0)
    witness.typed(command, 1.0)
    witness.output(command, 1.1)
    witness.line()
    witness.learn()
    witness.accepted()
    witness.output(b"\r\n", 1.2)
    return witness


@pytest.mark.parametrize(("key", "shown"), [(b"\x1a", b"^Z"), (b"\x1c", rb"^\Quit")])
def test_what_was_typed_behind_a_signal_is_judged(key, shown):
    """The prompt comes behind the echo, and the line that the terminal keeps is not behind it."""
    witness = at_work(b"sleep 3")
    witness.typed(key + b"reboot", 2.0)
    witness.output(shown + b"reboot\r\n[1] + Stopped\r\n" + PROMPT, 2.1)
    assert witness.line() == Line("", ("reboot",), "no-echo")


def test_what_was_typed_behind_a_key_and_then_covered_is_judged():
    """What is printed meanwhile may cover the echo of what was typed ahead."""
    witness = at_work(b"make")
    witness.typed(b"\x15reboot", 2.0)
    witness.output(b"reboot\x1b[H\x1b[2J" + PROMPT + b"echo", 2.1)
    line = witness.line()
    assert (line.text, "reboot" in line.others) == ("echo", True)


@pytest.mark.parametrize("key", [b"\x1b", b"\x18"])
def test_the_rest_of_a_key_is_no_line(key):
    """Arrow keys, and those behind ^X, are several bytes."""
    witness = at_work(b"make")
    witness.output(PROMPT, 2.0)
    witness.typed(key + b"[A", 2.1)
    witness.output(b"\a", 2.2)
    assert witness.line().is_blank
