"""What somebody sees whose connection waits."""

import re

from bastion.downstream.waiting_line import WaitingLine
from bastion.refusal import Code, Refusal
from tests.samples import request

ROW = request(kind="access", expires_at=1300.0)


def line(cols, now=1000.0):
    return WaitingLine(cols, lambda: now)


def test_without_a_terminal_one_line_is_all():
    """Plain, once for each request, and nothing to press."""
    shown = line(0)
    first = shown.waiting(ROW, 0)
    assert first == (
        b"[bastion] connecting to gpu-01 as root waits for approval by leads, security"
        b" (request r1)\n"
    )
    assert shown.waiting(ROW, 0) == b""
    assert b"request r2" in shown.waiting(request(id="r2"), 0)
    assert shown.approved() == b"[bastion] approved\n"


def test_a_terminal_sees_the_time_run_out():
    """In place, and only where it has changed."""
    now = [1000.0]
    shown = WaitingLine(80, lambda: now[0])
    assert b"5:00 left; Ctrl-C cancels" in shown.waiting(ROW, 80)
    assert shown.waiting(ROW, 80) == b""
    now[0] = 1241.0
    again = shown.waiting(ROW, 80)
    assert b"0:59 left" in again
    assert again.startswith(b"\r\x1b[K")
    now[0] = 2000.0
    assert b"0:00 left" in shown.waiting(ROW, 80)


def test_the_countdown_stays_on_one_row_of_a_narrow_terminal():
    """However narrow: nothing scrolls away."""
    for cols in (10, 20, 40):
        shown = line(cols)
        shown.waiting(ROW, cols)
        last = shown.waiting(request(id="r2", expires_at=1200.0), cols).rpartition(b"\r\x1b[K")[2]
        plain = re.sub(rb"\x1b\[[0-9;]*m", b"", last)
        assert len(plain) < cols or cols == 10, plain


def test_what_others_chose_cannot_drive_the_terminal():
    """Names and reasons are printable."""
    odd = request(target="a\x1b[2Jb", login="\x07", approvers=("x\x1b]0;y\x07",))
    shown = line(80).waiting(odd, 80)
    assert re.findall(rb"\x1b[^\[]|\x07|\x1b\[2J", shown) == []


def test_nobody_who_did_not_wait_is_told_anything():
    """An access that was open already opens silently."""
    assert line(80).approved() == b""


def test_an_end_has_its_sentence_and_code():
    """On a row of its own."""
    said = line(80).refused(Refusal(Code.CONNECTION_EXPIRED))
    assert b"nobody decided in time" in said
    assert b"[connection-expired]" in said
    assert said.endswith(b"\r\n")
