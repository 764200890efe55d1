"""The beginning of a conversation, and our own questions."""

import pytest

from bastion.errors import TransferError
from bastion.sftp import fields, greeting
from bastion.sftp.conversation import OWN_ID
from bastion.sftp.framing import Packet
from bastion.sftp.numbers import Kind, Status


def packet(kind, *parts):
    return Packet(kind, fields.packet(kind, *parts))


@pytest.mark.parametrize("version", [3, 6])
def test_both_speak_version_3(version):
    """A client that speaks more is told to speak 3, without its extensions."""
    asked = packet(Kind.INIT, fields.uint32(version), fields.string(b"x"), fields.string(b""))
    assert greeting.init(asked) == fields.packet(Kind.INIT, fields.uint32(3))


@pytest.mark.parametrize(
    "asked", [packet(Kind.INIT, fields.uint32(2)), packet(Kind.STAT, fields.uint32(3))]
)
def test_another_beginning_ends_it(asked):
    """Older versions have other packets."""
    with pytest.raises(TransferError):
        greeting.init(asked)


def test_the_client_hears_of_known_extensions_only():
    """What would be refused is not offered."""
    names = [(b"posix-rename@openssh.com", b"1"), (b"exec@example.com", b"1")]
    told = [fields.string(part) for pair in names for part in pair]
    known = [fields.string(part) for part in names[0]]
    version = packet(Kind.VERSION, fields.uint32(3), *told)
    assert greeting.version(version) == fields.packet(Kind.VERSION, fields.uint32(3), *known)


@pytest.mark.parametrize(
    "told",
    [
        packet(Kind.VERSION, fields.uint32(6)),
        packet(Kind.STATUS, fields.uint32(3)),
        packet(Kind.VERSION, fields.uint32(3), b"\0\0\0\7x"),
        packet(Kind.VERSION, fields.uint32(3), *[fields.string(b"x")] * 200),
    ],
)
def test_a_host_that_speaks_otherwise_ends_it(told):
    """Another version, another packet, a cut one, one with too much."""
    with pytest.raises(TransferError):
        greeting.version(told)


def test_where_a_path_leads():
    """The host's answer, or why there is none; the end where it is no answer."""
    own = fields.uint32(OWN_ID)
    name = packet(Kind.NAME, own, fields.uint32(1), fields.string(b"/a/b"))
    assert greeting.is_own(name)
    assert greeting.resolved(name) == "/a/b"
    for told, meant in ((2, 2), (3, 3), (4, 4), (0, 4), (8, 4)):
        failed = Packet(Kind.STATUS, fields.status(OWN_ID, Status(told), ""))
        assert greeting.resolved(failed) is Status(meant)
    for wrong in (
        packet(Kind.NAME, own, fields.uint32(2), fields.string(b"/a")),
        packet(Kind.NAME, own, fields.uint32(1), fields.string(b"relative")),
    ):
        with pytest.raises(TransferError):
            greeting.resolved(wrong)
