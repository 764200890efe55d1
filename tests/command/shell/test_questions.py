"""Questions from a hostile byte stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastion.command.shell.bootstrap import Secret
from bastion.command.shell.questions import (
    MAX_LINE,
    MAX_TEXT,
    MAX_UNFINISHED,
    Answer,
    Forged,
    Kind,
    Question,
    Questions,
    answer,
)

SECRET = Secret("n" * 32, "t" * 32, ".bastion-f")
N = SECRET.nonce.encode()


def piece(id_):
    return N + b" + 1 0 %d " % id_ + b"x" * 4000 + b"\n"


def one(data):
    (heard,) = Questions(SECRET).feed(data)
    return heard


def test_a_line_is_a_question():
    """A whole line of ours becomes a question with its text unescaped."""
    assert one(N + b" L 12 0 12.1.9 echo 100%25%0Aecho 2\n") == Question(
        Kind.LINE, 12, 0, "12.1.9", "echo 100%\necho 2"
    )


def test_what_fish_asks_for_is_said_in_the_grammar_of_others_too():
    """The text itself stays as it is."""
    questions = Questions(SECRET)
    questions.feed(N + b" READY fish\n")
    (line,) = questions.feed(N + b" L 12 0 12.1.9 and echo (a)\n")
    assert (line.text, line.meant.split()) == ("and echo (a)", ["echo", "$(a)"])
    assert not one(N + b" L 12 0 12.1.9 and echo (a)\n").meant


def test_a_prompt_has_status_count_and_folder():
    """A prompt tells what the last line ended with, how many ran, and where the shell is."""
    assert one(N + b" P 12 0 12.1.9 130 7 /srv/my models\n") == Question(
        Kind.PROMPT, 12, 0, "12.1.9", "7", 130, "/srv/my models"
    )


def test_only_lines_and_commands_wait():
    """The shell stands still for a line or a command, not for what it tells."""
    assert {kind for kind in Kind if kind.waits} == {Kind.LINE, Kind.COMMAND}


def test_an_empty_line_stays_empty():
    """A line that the shell could not see has no text."""
    assert one(N + b" L 12 0 12.1.9 \n").text == ""


def test_bytes_that_are_no_text_stay_themselves():
    """A byte that is not UTF-8 survives as a lone surrogate."""
    assert one(N + b" L 1 0 1 echo \xff%FE\n").text == "echo \udcff\udcfe"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"x",
        b"m" * 32 + b" L 1 0 1 ls",
        N + b" L 1 0 1",
        N + b" Z 1 0 1 ls",
        N + b" LC 1 0 1 ls",
        N + b" L ../q 0 1 ls",
        N + b" L 1 -1 1 ls",
        N + b" L 1 0 x ls",
        N + b" L 1 0 1A ls",
        N + b" L 1 0 " + b"1" * 65 + b" ls",
        N + b" P 1 0 1 0 /tmp",
        N + b" P 1 0 1 x 1 /tmp",
        N + b" READY",
        N + b" L " + "\u0661".encode() + b" 0 1 ls",
        N + b" L 1 0 1 " + b"x" * MAX_LINE,
    ],
)
def test_anything_else_is_forged(line):
    """A line that an integrated shell would not write is never a question."""
    questions = Questions(SECRET)
    if line.endswith(b"READY"):
        questions.feed(N + b" READY bash\n")
    assert [type(heard) for heard in questions.feed(line + b"\n")] == [Forged]


def test_a_question_is_heard_once():
    """The same id a second time is a forgery, whatever it asks."""
    questions = Questions(SECRET)
    questions.feed(N + b" L 1 0 5.1 ls\n")
    assert questions.feed(N + b" C 1 0 5.1 rm\n") == [Forged("a question for the second time")]


def test_long_lines_come_in_pieces():
    """Pieces of one id are put together in order, whatever comes between them."""
    questions = Questions(SECRET)
    data = N + b" + 1 0 5 echo %\n" + N + b" + 2 0 6 x\n" + N + b" L 1 0 5 25\n"
    assert [heard.text for heard in questions.feed(data)] == ["echo %"]


def test_what_is_kept_is_bounded():
    """Endless lines, and endlessly many or long unfinished questions, are forgeries."""
    questions = Questions(SECRET)
    assert questions.feed(b"x" * (MAX_LINE + 1)) == [Forged("a line without an end")]
    many = b"".join(N + b" + 1 0 %d x\n" % i for i in range(MAX_UNFINISHED + 2))
    assert Forged("too many questions unfinished") in Questions(SECRET).feed(many)
    long = b"".join(piece(i) * (MAX_TEXT // 4000) for i in range(5))
    assert Forged("too many questions unfinished") in Questions(SECRET).feed(long)


def test_a_part_of_a_text_never_passes_for_the_whole():
    """A text that is too long has none; one that was given up for others is no question."""
    questions = Questions(SECRET)
    assert questions.feed(piece(5) * (MAX_TEXT // 4000 + 2)) == []
    (heard,) = questions.feed(N + b" L 1 0 5 ls\n")
    assert (heard.kind, heard.text) == (Kind.LINE, "")
    questions.feed(b"".join(piece(i) for i in range(10, 11 + MAX_UNFINISHED)))
    assert [type(heard) for heard in questions.feed(N + b" L 1 0 10 ls\n")] == [Forged]


def test_the_far_side_says_whether_it_is_ready():
    """READY names the shell, ABSENT says why there is none; neither is a question."""
    questions = Questions(SECRET)
    assert questions.feed(N + b" READY bash\n") == []
    assert (questions.shell, questions.absence) == ("bash", "")
    assert questions.feed(N + b" ABSENT no place\n") == []
    assert questions.absence == "no place"


def test_an_answer_fits_one_question():
    """An answer names the process, the token, the id and what to do."""
    question = one(N + b" L 12 0 12.1.9 ls\n")
    assert answer(SECRET, question, Answer.STEP) == b"12 " + b"t" * 32 + b" 12.1.9 S\n"


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_no_stream_raises(parts):
    """Whatever comes, in whatever pieces, nothing is raised and nothing unsigned is a question."""
    questions, signed = Questions(SECRET), Questions(SECRET)
    for part in parts:
        assert all(isinstance(heard, Forged) for heard in questions.feed(part))
        for heard in signed.feed(N + b" L 1 0 " + part + b"\n"):
            assert isinstance(heard, Forged | Question)
