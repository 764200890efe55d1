"""The tables of a conversation: what a hostile host or client cannot do with ids and handles."""

import pytest

from bastion.errors import TransferError
from bastion.sftp import fields, request
from bastion.sftp.conversation import MAX_HANDLES, MAX_PENDING, OWN_ID, Conversation, Opened
from bastion.sftp.framing import Packet
from bastion.sftp.numbers import Kind, Status
from bastion.sftp.request import Request

STAT = request.FORMS[Kind.STAT]


def asked(number, form=STAT, *handles):
    return Request(number, form, handles=handles)


def answer(kind, number, *parts):
    return Packet(kind, fields.packet(kind, fields.uint32(number), *parts))


def status(number, code=0):
    return Packet(Kind.STATUS, fields.status(number, Status(code), ""))


def handle(number, name=b"h"):
    return answer(Kind.HANDLE, number, fields.string(name))


@pytest.fixture
def talk():
    """A conversation in which nothing was said."""
    return Conversation()


def test_a_denial_waits_for_what_was_asked_before(talk):
    """Clients that count on answers in order get them in order."""
    talk.forwarded(asked(1), (), None)
    talk.denied(asked(2), Status.PERMISSION_DENIED, "no")
    talk.forwarded(asked(3), (), None)
    talk.denied(asked(4), Status.PERMISSION_DENIED, "no")
    assert talk.due() == b""
    talk.answered(status(1))
    assert talk.due() == fields.status(2, Status.PERMISSION_DENIED, "no")
    talk.answered(status(3))
    assert talk.due() == fields.status(4, Status.PERMISSION_DENIED, "no")


def test_answers_may_come_in_any_order(talk):
    """A host may answer the second request first."""
    first, second = Opened(1, "/a"), Opened(2, "/b")
    talk.forwarded(asked(1, request.OPEN), (1,), first)
    talk.forwarded(asked(2, request.OPEN), (2,), second)
    talk.answered(handle(2, b"two"))
    talk.answered(handle(1, b"one"))
    assert talk.handles == {b"one": first, b"two": second}


@pytest.mark.parametrize(
    "packet",
    [status(7), handle(7), status(OWN_ID), handle(1), answer(Kind.DATA, 1, fields.string(b""))],
    ids=["unasked", "unasked handle", "our id", "a handle for a stat", "data for a stat"],
)
def test_an_answer_to_nothing_ends_it(talk, packet):
    """A hostile host cannot give a handle that was not asked for."""
    talk.forwarded(asked(1), (), None)
    with pytest.raises(TransferError):
        talk.answered(packet)


def test_what_was_denied_cannot_be_answered_by_the_host(talk):
    """The id of a denied request is ours to answer."""
    talk.forwarded(asked(1), (), None)
    talk.denied(asked(2, request.OPEN), Status.PERMISSION_DENIED, "no")
    with pytest.raises(TransferError):
        talk.answered(handle(2))


def test_an_id_is_used_once_at_a_time(talk):
    """Otherwise the answer to an allowed open could become a denied one's."""
    talk.forwarded(asked(1), (), None)
    with pytest.raises(TransferError):
        talk.forwarded(asked(1, request.OPEN), (), Opened(1, "/x"))
    with pytest.raises(TransferError):
        talk.denied(asked(OWN_ID), Status.FAILURE, "")


def test_a_handle_is_known_until_it_is_closed(talk):
    """Guessed handles, and those of closed files, do not pass."""
    read = asked(2, request.READ, b"h")
    assert talk.problem(read) == "no such handle"
    talk.forwarded(asked(1, request.OPEN), (1,), Opened(1, "/x"))
    talk.answered(handle(1))
    assert talk.problem(read) == ""
    talk.forwarded(asked(3, request.CLOSE, b"h"), (), talk.handles[b"h"])
    assert talk.problem(read) == "no such handle"


def test_one_handle_is_one_file(talk):
    """A hostile host cannot pass one file off as another."""
    for number in (1, 2):
        talk.forwarded(asked(number, request.OPEN), (number,), Opened(number, f"/{number}"))
    talk.answered(handle(1))
    with pytest.raises(TransferError):
        talk.answered(handle(2))


def test_what_waits_is_bounded(talk):
    """A client that never waits, and a host that never answers, cost little."""
    for number in range(MAX_PENDING):
        talk.forwarded(asked(number), (), None)
    with pytest.raises(TransferError):
        talk.forwarded(asked(MAX_PENDING), (), None)


def test_open_files_are_bounded(talk):
    """More than that are refused, and the session goes on."""
    for number in range(MAX_HANDLES):
        talk.forwarded(asked(number, request.OPEN), (), Opened(number, "/x"))
        talk.answered(handle(number, b"%d" % number))
    assert talk.problem(asked(1, request.OPEN)) == "too many open files"
