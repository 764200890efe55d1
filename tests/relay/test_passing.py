"""What passes to a shell that asks by itself: keys that accept, and marked pastes as a whole."""

import pytest

from bastion.relay.paste import Passing

BEGIN, END = b"\x1b[200~", b"\x1b[201~"


def test_the_first_key_that_accepts_is_found():
    """CR, LF and ^O."""
    passing = Passing()
    assert [passing.accepting(data) for data in (b"ab\rc", b"\n", b"x\x0f", b"abc")] == [
        2,
        0,
        1,
        -1,
    ]


def test_what_accepts_in_a_marked_paste_is_passed_over():
    """The shell takes the paste as one; the Enter behind it counts."""
    paste = BEGIN + b"one\rtwo\r" + END
    assert Passing().accepting(paste) == -1
    assert Passing().accepting(paste + b"\r") == len(paste)


@pytest.mark.parametrize("cut", range(1, 6))
def test_marks_may_be_split(cut):
    """Bytes arrive as they like."""
    passing = Passing()
    passing.passed(b"x" + BEGIN[:cut])
    assert passing.accepting(BEGIN[cut:] + b"one\rtwo") == -1
    passing.passed(BEGIN[cut:] + b"one\rtwo" + END[:cut])
    assert passing.accepting(END[cut:] + b"\r") == len(END) - cut
    passing.passed(END[cut:] + b"\r")
    assert not passing.beyond("one\ntwo")


def test_a_paste_that_was_taken_whole_is_not_beyond_its_line():
    """All its lines are in the line that the shell tells."""
    passing = Passing()
    passing.passed(BEGIN + b"for i in 1 2; do\r  echo $i\rdone\r" + END)
    assert not passing.beyond("for i in 1 2; do echo $i\ndone")


def test_a_paste_that_goes_on_beyond_the_line_is_told_until_it_is_used_up():
    """The shell took only a part, so something else reads the rest."""
    passing = Passing()
    passing.passed(BEGIN + b"bash\rdanger\r" + END)
    assert passing.beyond("bash")
    assert not passing.beyond("danger")


def test_a_row_that_was_pasted_twice_is_used_up_by_two_lines():
    """And not by more."""
    passing = Passing()
    passing.passed(BEGIN + b"bash\rbash\r" + END)
    assert [passing.beyond("bash") for _ in range(3)] == [True, False, False]


@pytest.mark.timeout(10)
def test_a_paste_of_many_rows_takes_no_long_time():
    """Everybody else's sessions wait meanwhile."""
    passing = Passing()
    passing.passed(BEGIN + b"".join(b"%04x\r" % row for row in range(12_000)) + END)
    assert passing.beyond("x" * 60_000)
    assert passing.beyond("x" * 1_000_000)
    assert not passing.beyond("x" * 1_000_000)


@pytest.mark.parametrize("ending", [b"\x03", None], ids=["interrupted", "dropped"])
def test_a_paste_that_was_given_up_is_forgotten(ending):
    """^C, or a line that was denied, ends what was pasted."""
    passing = Passing()
    passing.passed(BEGIN + b"bash\rdanger\r" + END)
    if ending:
        passing.passed(ending)
    else:
        passing.forget()
    assert not passing.beyond("bash")


def test_a_paste_that_is_too_long_to_keep_is_beyond_every_line():
    """What cannot be compared is not trusted."""
    passing = Passing()
    passing.passed(BEGIN + b"x\r" * 40_000 + END)
    assert passing.beyond("x")
