"""What requests say and do, by the table."""

import struct

import pytest

from bastion.errors import TransferError
from bastion.files import Action
from bastion.sftp import fields, request
from bastion.sftp.framing import Packet
from bastion.sftp.numbers import Kind


def asked(kind, *parts):
    """The request of that kind with these fields."""
    return request.parse(Packet(kind, fields.packet(kind, fields.uint32(9), *parts)))


def opened(flags, path=b"/x"):
    return asked(Kind.OPEN, fields.string(path), fields.uint32(flags), fields.uint32(0))


@pytest.mark.parametrize(
    ("flags", "actions"),
    [
        (0x00, (Action.DOWNLOAD,)),
        (0x01, (Action.DOWNLOAD,)),
        (0x02, (Action.UPLOAD,)),
        (0x03, (Action.DOWNLOAD, Action.UPLOAD)),
        (0x1A, (Action.UPLOAD,)),
        (0x11, (Action.DOWNLOAD, Action.UPLOAD)),
        (0x09, (Action.DOWNLOAD, Action.UPLOAD)),
        (0x04, (Action.DOWNLOAD, Action.UPLOAD)),
    ],
)
def test_an_open_is_what_its_flags_can_do(flags, actions):
    """Opening for reading with TRUNC or CREAT writes; no flag at all reads."""
    assert opened(flags).actions == actions


@pytest.mark.parametrize("kind", [0, 21, 50, 101, 105, 199, 201, 255])
def test_unknown_kinds_are_not_forwarded(kind):
    """A packet of no known kind, or of one that only a host sends, has a problem."""
    found = asked(kind, fields.string(b"/x"))
    assert found.form is request.UNKNOWN
    assert found.problem


@pytest.mark.parametrize("name", [b"", b"vendor-id", b"limits@openssh.com ", b"exec@example.com"])
def test_unknown_extensions_are_not_forwarded(name):
    """Only the extensions of the table pass, by their exact names."""
    assert asked(Kind.EXTENDED, fields.string(name)).form is request.UNKNOWN


def test_extensions_are_read():
    """Paths and handles of extensions are where they are."""
    rename = asked(
        Kind.EXTENDED,
        *map(fields.string, (b"posix-rename@openssh.com", b"/a", b"/b")),
    )
    assert (rename.paths, rename.actions) == (("/a", "/b"), (Action.RENAME,))
    copy = asked(
        Kind.EXTENDED,
        fields.string(b"copy-data"),
        fields.string(b"from"),
        struct.pack(">QQ", 0, 0),
        fields.string(b"to"),
        struct.pack(">Q", 0),
    )
    assert copy.handles == (b"from", b"to")


@pytest.mark.parametrize("path", [b"/a\0b", b"/" + b"x" * 5000])
def test_paths_that_hosts_read_in_two_ways_have_a_problem(path):
    """A NUL ends a path for one and not for another."""
    assert opened(1, path).problem


def test_bytes_that_are_no_text_are_shown_in_numbers():
    """And kept as they are, for the question where they lead."""
    found = opened(1, b"/\xff")
    assert (found.paths, found.raw_paths) == (("/\\xff",), (b"/\xff",))


@pytest.mark.parametrize("kind", list(request.FORMS))
def test_cut_off_fields_end_it(kind):
    """A packet that ends inside a field is nobody's request."""
    if request.FORMS[kind].fields:
        with pytest.raises(TransferError):
            asked(kind, b"\0\0\0\5/x")
