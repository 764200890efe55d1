"""What the bastion says when it warns or ends a session from outside."""

from bastion.refusal import Code, Refusal
from bastion.relay.notices import Notices
from bastion.screen import Screen

LOCKED = Refusal(Code.LOCKED, "incident 4711")


def test_a_warning_is_a_line_of_its_own():
    """It does not go on where the prompt stands."""
    screen = Screen(80, 24)
    screen.feed(b"user@gpu-01:~$ " + Notices(80).warned("this session ends in 1 minute"))
    assert screen.lines()[1] == "[bastion] this session ends in 1 minute"


def test_the_end_is_read_on_the_shells_screen():
    """A full-screen program is left first: text, cursor and mouse are a shell's again."""
    screen = Screen(80, 24)
    screen.feed(b"$ vim\r\n\x1b[?1049h\x1b[?25l~\r\n~")
    screen.feed(Notices(80).refused(LOCKED, is_full_screen=True))
    assert not screen.is_alternate
    assert screen.is_cursor_visible
    text = " ".join(screen.lines())
    assert "$ vim" in text
    assert "[bastion] access is locked. (incident 4711)" in text
    assert "~" not in text


def test_a_plain_terminal_is_not_reset():
    """Nothing but the line, and nothing but text where there is no terminal."""
    assert b"\x1b[?1049l" not in Notices(80).refused(LOCKED)
    assert b"\x1b" not in Notices(0).refused(LOCKED)
