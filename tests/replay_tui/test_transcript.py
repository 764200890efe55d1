"""Sessions as plain text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastion.events import (
    Carried,
    Exit,
    FileAsked,
    FileDone,
    Judged,
    Marker,
    Masked,
    Outcome,
    Output,
    Resize,
    Timed,
)
from bastion.recording.asciicast import Header
from replay_tui.transcript import transcript


def told(*events, term="xterm", size=(20, 4)):
    """The lines of a session with these *events*, a second apart; bytes are output."""
    header = Header(*size, term, 0, "t")
    timed = (
        Timed(float(number), Output(event) if isinstance(event, bytes) else event)
        for number, event in enumerate(events)
    )
    return list(transcript(header, timed))


def test_rows_that_scrolled_away_come_first():
    """All of them, in order, each once."""
    rows = [b"row %d\r\n" % number for number in range(50)]
    expected = [f"row {number}" for number in range(50)]
    assert told(*rows) == expected
    assert told(b"".join(rows)) == expected


@pytest.mark.parametrize("rows", [1, 2, 3, 24])
def test_the_height_of_the_terminal_does_not_matter(rows):
    """Not even a terminal of one row loses a line."""
    data = b"".join(b"row %d\r\n" % number for number in range(9))
    assert told(data, size=(20, rows)) == [f"row {number}" for number in range(9)]


def test_a_long_line_comes_as_the_terminal_wrapped_it():
    """As it was seen."""
    assert told(b"abcdefghij\r\nk", size=(4, 3)) == ["abcd", "efgh", "ij", "k"]


def test_verdicts_stand_behind_the_line_they_are_about():
    """With rule, reason, outcome and time; the terminal's text goes on behind."""
    lines = told(
        b"# rm -rf x",
        Judged("1", "rm -rf x", "hold", "data.delete", "deletes data"),
        Outcome("1", "denied", "bob", "no"),
        b"\r\ndenied\r\n# ",
        Judged("2", "ls", "allow", "", ""),
        Marker("here"),
        Exit(3),
    )
    assert lines == [
        "# rm -rf x",
        "── 0:01 ◆ held by data.delete: rm -rf x  (deletes data)",
        "── 0:02 → denied by bob  (no)",
        "denied",
        "#",
        "── 0:04 ✓ allowed: ls",
        "── 0:05 • here",
        "── 0:06 ■ exit 3",
    ]


def test_a_row_that_goes_on_is_told_whole():
    """What a verdict cut in two comes again, complete."""
    assert told(b"half", Marker("m"), b" whole\r\n") == ["half", "── 0:01 • m", "half whole"]


def test_an_end_by_signal_is_told():
    """By its name; input and masked input are not output."""
    assert told(Masked(), Exit(None, "KILL")) == ["── 0:01 ■ ended by 'KILL'"]


def test_what_is_overwritten_stands_as_it_was_last():
    """A progress bar is one line."""
    assert told(b"10%\r20%\r100%\r\ndone\r\n") == ["100%", "done"]


@pytest.mark.parametrize("wipe", [b"\x1b[2J\x1b[H", b"\x1b[H\x1b[2J", b"\x1bc", b"\x1b[H\x1b[J"])
def test_what_is_wiped_is_told_before(wipe):
    """Clearing the screen hides nothing."""
    lines = told(b"secret\r\nplan\r\n" + wipe + b"clean\r\n")
    assert [line for line in lines if line] == ["secret", "plan", "clean"]


def test_a_wipe_that_comes_in_two_pieces_is_one():
    """As a network cuts it."""
    lines = told(b"secret\x1b[", b"2J", b"\x1b[Hclean")
    assert lines == ["secret", "clean"]


def test_clearing_below_a_prompt_is_no_wipe():
    """Shells do that with every key."""
    assert told(b"one\r\ntwo\r\n# \x1b[Jx\x1b[J\r\n") == ["one", "two", "# x"]


def test_a_full_screen_program_is_told_as_it_was_left():
    """And what it hid is not told twice."""
    lines = told(
        b"# vi x\r\n",
        b"\x1b[?1049h\x1b[H\x1b[2Jhello\r\n~",
        b"\x1b[H\x1b[2Jedited\r\n~\x1b[?1049l",
        b"# ls\r\n",
    )
    assert lines == ["# vi x", "hello", "~", "edited", "~", "# ls"]


def test_a_resize_keeps_the_text():
    """No line is lost."""
    lines = told(b"one\r\ntwo\r\nthree\r\n", Resize(20, 2), b"four\r\n", Resize(20, 9), b"five")
    assert lines == ["one", "two", "three", "four", "five"]


def test_without_a_terminal_the_output_is_the_text():
    """However long the lines, whatever the pieces, both streams."""
    long = b"x" * 300
    lines = told(b"a\nb", b"c\r\n", Output(b"err\n", "stderr"), long, Exit(0), term="")
    assert lines == ["a", "bc", "err", "x" * 300, "── 0:04 ■ exit 0"]


def test_characters_that_were_cut_are_whole():
    """With a terminal and without."""
    for term in ("xterm", ""):
        assert told(b"caf\xc3", b"\xa9\n", term=term)[0] == "café"


def test_a_command_of_many_lines_is_one_line():
    """And one that could not be seen says so."""
    lines = told(
        Judged("1", "for x in a\ndo rm\ndone", "block", "r", ""), Judged("2", "", "opaque", "", "")
    )
    assert lines == [
        "── 0:00 ✗ blocked by r: for x in a ⏎ do rm ⏎ done",
        "── 0:01 ○ opaque: (not seen)",
    ]


@given(
    st.lists(st.binary(max_size=60), max_size=8),
    st.text(st.characters()),
    st.sampled_from(["xterm", ""]),
)
def test_nothing_but_text_comes_out(outputs, hostile, term):
    """Whatever the host printed and people typed: no control, no hidden character."""
    judged = Judged("1", hostile, hostile, hostile, hostile)
    outcome = Outcome("1", hostile, hostile, hostile)
    lines = told(*outputs, judged, outcome, Marker(hostile), Exit(None, hostile), term=term)
    hidden = {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}
    assert not {unicodedata.category(char) for line in lines for char in line} & hidden


def test_files_are_told():
    """What was asked for and what became of it, with hostile names made safe."""
    lines = told(
        FileAsked(1, "open", "download", "/a\x1b[2J"),
        FileDone(1, "ok", read_bytes=3, read_sha256="ab" * 32),
        FileAsked(2, "remove", "delete", "/b", verdict="block", rule="r", reason="no"),
        term="",
    )
    assert lines == [
        "── 0:00 ✓ #1 download /a\\x1b[2J",
        f"── 0:01 → #1 ok: 3 bytes read, sha256 {'ab' * 32}",
        "── 0:02 ✗ #2 delete /b (block by r)  (no)",
    ]


def test_a_stream_says_what_it_carried():
    """A forwarded connection has no screen; with capture its bytes are lines like others."""
    lines = told(b"HTTP/1.1 200 OK\r\n", Carried(3, 4), term="")
    assert lines[0] == "HTTP/1.1 200 OK"
    assert lines[1].endswith("■ 3 bytes from the user, 4 from the host")
