"""Turns in scp: nobody gets ahead, and what was refused brings nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastion.errors import TransferError
from bastion.sftp.dialogue import Answer, Dialogue
from bastion.sftp.scp import Entered, Finished, Left, Said, Sent

GOOD, NO = b"\0", b"\x01no\n"
NAMES = tuple("abcd")


def given_out(dialogue):
    """All that may go on now."""
    found = []
    while (said := dialogue.next()) is not None:
        found.append(said)
    return found


def spoken(turns, *, is_upload=True):
    """The names that are given out, of a sender's and a receiver's words in turn."""
    dialogue, names = Dialogue(is_upload=is_upload), []
    for number, words in enumerate(turns):
        (dialogue.sent if number % 2 else dialogue.answered)(words)
        names += [each.name for each in given_out(dialogue) if isinstance(each, Sent | Entered)]
    return names


def test_a_file_goes_through_turn_by_turn():
    """An answer says what it is to."""
    dialogue = Dialogue(is_upload=False)
    dialogue.sent(b"T1 0 1 0\nC0644 2 f\nxy\0")
    assert (given_out(dialogue), dialogue.sender_waits) == ([], 22)
    dialogue.answered(GOOD * 4)
    first, times, _, entry, _, body, end, last = given_out(dialogue)
    assert (first, first.to) == (Answer(None, "", GOOD), None)
    assert isinstance(times, Said)
    assert (entry.name, body.raw) == ("f", b"xy")
    assert isinstance(end, Finished)
    assert last == Answer(end, "", GOOD)


def test_what_comes_in_advance_waits():
    """A second file until the first was answered, an answer until there is something to it."""
    dialogue = Dialogue(is_upload=False)
    dialogue.sent(b"C0644 0 f\n\0C0644 0 g\n\0")
    dialogue.answered(GOOD * 2)
    names = [each.name for each in given_out(dialogue) if isinstance(each, Sent)]
    assert (names, dialogue.sender_waits, dialogue.receiver_waits) == (["f"], 11, 0)
    ahead = Dialogue(is_upload=False)
    ahead.answered(GOOD * 9)
    assert len(given_out(ahead)) == 1
    assert ahead.receiver_waits == 8


def test_a_file_that_is_refused_has_no_body():
    """What comes behind its line is a line, with a name of its own."""
    assert spoken([GOOD, b"C0644 99 f\n", NO, b"C0644 1 g\n"]) == ["f", "g"]


def test_a_warning_is_not_answered():
    """The sender goes on by itself."""
    assert spoken([GOOD, b"\x01cannot read e\nC0644 0 f\n\0"]) == ["f"]


@pytest.mark.parametrize(
    "turns",
    [
        # OpenSSH's complains of a folder's times behind its end, before the next part or after.
        [GOOD, b"D0755 0 d\n", GOOD, b"E\n", GOOD + NO, b"C0644 99 f\n"],
        [GOOD, b"D0755 0 d\n", GOOD, b"E\n", GOOD, b"C0644 99 f\n", NO, b"C0644 1 g\n"],
        [GOOD, b"C0644 0 e\n\0", GOOD + NO, b"", NO, b"C0644 99 f\n"],
        [GOOD, b"C0644 0 e\n\0", GOOD + NO, b"C0644 99 f\n", NO, b"C0644 1 g\n"],
    ],
)
def test_where_a_host_may_have_said_more_no_further_name_passes(turns):
    """Which part its complaint is to cannot be told, nor whether a body comes."""
    with pytest.raises(TransferError):
        spoken(turns)


def test_the_ends_of_folders_pass_all_the_same():
    """They name nothing."""
    dialogue, left = Dialogue(is_upload=True), 0
    dialogue.sent(b"D0755 0 d\nD0755 0 d\nE\nE\n")
    for words in (GOOD, GOOD, GOOD, GOOD + NO):
        dialogue.answered(words)
        left += len([each for each in given_out(dialogue) if isinstance(each, Left)])
    assert left == 2


def source(names):
    """OpenSSH's sender, as far as turns go: yields what it sends, is sent each answer."""
    yield b""
    for name in names:
        if (yield b"C0644 3 %s\n" % name.encode()) == GOOD:
            yield b"C00\0"
    while True:
        yield b""


@given(st.lists(st.sampled_from([GOOD, NO]), max_size=12), st.integers(1, 9))
def test_whatever_a_client_answers_every_name_is_seen(answers, piece):
    """Nothing that the host sends reaches the client before the dialogue has given it a name."""
    dialogue, host = Dialogue(is_upload=False), source(NAMES)
    stream, sent, seen = b"".join(answers), [next(host)], []
    for start in range(0, len(stream), piece):
        dialogue.answered(stream[start : start + piece])
        while (said := dialogue.next()) is not None:
            if isinstance(said, Answer):
                sent.append(host.send(said.raw))
                dialogue.sent(sent[-1])
            elif isinstance(said, Sent):
                seen.append(said.name.encode())
    told = [line[8:-1] for line in sent if line.startswith(b"C0644")]
    assert seen == told
