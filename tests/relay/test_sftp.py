"""The strait of SFTP between a client and a host that need not be honest."""

import struct

import pytest

from bastion.errors import TransferError
from bastion.events import FileAsked, FileDone
from bastion.files import EVERYWHERE, Places
from bastion.policy.file_rules import NO_RULES
from bastion.recording.copies import Copies
from bastion.relay.file_guard import FileGuard
from bastion.relay.ledger import Ledger
from bastion.relay.sftp import SftpStrait
from bastion.sftp import fields
from bastion.sftp.conversation import OWN_ID
from bastion.sftp.numbers import Kind, Status
from tests.samples import session
from tests.servers.waiting import turn

INIT = fields.packet(Kind.INIT, fields.uint32(3))
VERSION = fields.packet(Kind.VERSION, fields.uint32(3))


class Both:
    """Journal and wire in one, so that what happens has one order."""

    def __init__(self):
        self.session, self.happened, self.rows = session(kind="sftp"), [], []

    def record(self, event):
        self.happened.append(event)

    async def audit(self, code, **detail):
        self.happened.append((code, detail))

    async def keep_files(self, rows):
        self.rows += rows

    def to_host(self, data):
        self.happened.append(("host", data))

    def to_user(self, data):
        self.happened.append(("user", data))

    def end_keys(self):
        self.happened.append("end")

    def hold_user(self, why, *, on): ...

    def hold_host(self, why, *, on): ...

    def break_(self, error):
        raise error


def name(number, path):
    parts = fields.uint32(number), fields.uint32(1), fields.string(path), fields.string(b"")
    return fields.packet(Kind.NAME, *parts, b"\0" * 4)


def opens(number, flags=1):
    parts = fields.uint32(number), fields.string(b"x"), fields.uint32(flags), b"\0" * 4
    return fields.packet(Kind.OPEN, *parts)


def handle(number):
    return fields.packet(Kind.HANDLE, fields.uint32(number), fields.string(b"h"))


def uses(kind, number, *rest):
    return fields.packet(kind, fields.uint32(number), fields.string(b"h"), *rest)


@pytest.fixture
def both():
    """What happens."""
    return Both()


@pytest.fixture
async def strait(both, clock, tmp_path):
    """A strait in which both sides have said hello; the home is /home/ann."""
    ledger = Ledger(both, clock, both.break_, Copies(tmp_path / "x.cast", 0))
    places = Places(EVERYWHERE, EVERYWHERE)
    guard = FileGuard(None, both.happened.append, lambda: NO_RULES, lambda: places, both.audit)
    begun = SftpStrait(guard, ledger)
    begun.attach(both)
    begun.from_user(INIT)
    home = begun._busy
    while begun._question is None:
        await turn()
    begun.from_host(VERSION + name(OWN_ID, b"/home/ann"))
    await home
    both.happened.clear()
    return begun


async def test_what_is_asked_is_recorded_before_the_host_hears_it(strait, both):
    """And the path is the whole one."""
    strait.from_user(opens(1))
    asked, written = both.happened
    assert asked == FileAsked(1, "open", "download", "/home/ann/x")
    assert written == ("host", opens(1))


async def test_what_was_carried_is_recorded_before_the_user_hears_of_the_end(strait, both):
    """The close of the file tells how much it was."""
    data = fields.packet(Kind.DATA, fields.uint32(2), fields.string(b"hello"))
    strait.from_user(opens(1))
    strait.from_host(handle(1))
    strait.from_user(uses(Kind.READ, 2, struct.pack(">QI", 0, 100)))
    strait.from_host(data[:15])
    strait.from_host(data[15:])
    strait.from_user(uses(Kind.CLOSE, 3))
    strait.from_host(fields.status(3, Status.OK, ""))
    done, told = both.happened[-2:]
    assert isinstance(done, FileDone)
    assert (done.number, done.read_bytes, len(done.read_sha256)) == (1, 5, 64)
    assert told == ("user", fields.status(3, Status.OK, ""))
    passed = [piece for who, piece in filter(_is_passed, both.happened) if who == "user"]
    assert data in b"".join(passed)
    await strait.close()
    assert [row.read_bytes for row in both.rows] == [5]


def _is_passed(happened):
    return isinstance(happened, tuple)


async def test_a_write_that_the_host_refused_has_no_hash(strait, both):
    """What was sent is not what is there."""
    strait.from_user(opens(1, 0x1A))
    strait.from_host(handle(1))
    strait.from_user(uses(Kind.WRITE, 2, struct.pack(">Q", 0), fields.string(b"hello")))
    strait.from_host(fields.status(2, Status.FAILURE, "disk full"))
    strait.from_user(uses(Kind.CLOSE, 3))
    strait.from_host(fields.status(3, Status.OK, ""))
    done = both.happened[-2]
    assert (done.written_bytes, done.written_sha256) == (5, "")


@pytest.mark.parametrize(
    "packet",
    [
        handle(7),
        name(OWN_ID, b"/elsewhere"),
        fields.packet(Kind.DATA, fields.uint32(1), fields.string(b"x")),
        VERSION,
        struct.pack(">IB", 0xFFFFFF, Kind.NAME),
        struct.pack(">IBII", 20, Kind.DATA, 1, 500),
    ],
    ids=["unasked", "our question, again", "data for an open", "VERSION again", "long", "uneven"],
)
async def test_a_host_that_lies_ends_the_session(strait, packet):
    """Before anything of it is believed."""
    strait.from_user(opens(1))
    with pytest.raises(TransferError):
        strait.from_host(packet)


async def test_an_unanswered_request_is_in_the_record(strait, both):
    """The session ended before the host said anything."""
    strait.from_user(opens(1, 0x1A))
    await strait.close()
    assert [row.result for row in both.rows] == ["unanswered"]
