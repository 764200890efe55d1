"""A hostile client with SFTP packets of its own, through `ssh -s`, against folders of its grant."""

import struct

import pytest

from bastion.sftp import fields
from bastion.sftp.numbers import Kind, Status
from tests.files.conftest import limited_site
from tests.files.packets import DENIED, INIT, asks, opens, reads, said

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
async def limited(tmp_path_factory):
    """Engineers reach `open`, and not `secret` beside it."""
    folder = tmp_path_factory.mktemp("attacked")
    async with limited_site(folder, read=["open"], write=["open"]) as site:
        yield site


async def test_denials_stand_in_order_between_pipelined_requests(limited):
    """Allowed, denied, allowed, all without waiting: answered in this order."""
    paths = [limited.root / name / "file" for name in ("open", "secret", "open", "secret")]
    _, found = await said(limited, *(opens(n, path) for n, path in enumerate(paths, 1)))
    assert found == [
        (Kind.HANDLE, 1, None),
        (Kind.STATUS, 2, DENIED),
        (Kind.HANDLE, 3, None),
        (Kind.STATUS, 4, DENIED),
    ]


async def test_a_second_try_after_a_denial_is_denied(limited):
    """By the same id, and with a read of every handle that OpenSSH could have given."""
    guesses = [reads(10 + n, struct.pack(">I", n)) for n in range(4)]
    path = limited.root / "secret" / "file"
    _, found = await said(limited, opens(1, path), opens(2, path), *guesses)
    assert found[:2] == [(Kind.STATUS, 1, DENIED), (Kind.STATUS, 2, DENIED)]
    assert [status for _, _, status in found[2:]] == [int(Status.FAILURE)] * 4


async def test_copy_data_does_not_lead_around_a_denial(limited):
    """It works between handles, and a denied file has none."""
    copy = asks(
        Kind.EXTENDED,
        3,
        fields.string(b"copy-data"),
        fields.string(struct.pack(">I", 0)),
        struct.pack(">QQ", 0, 0),
        fields.string(struct.pack(">I", 1)),
        struct.pack(">Q", 0),
    )
    target = limited.root / "open" / "copy"
    _, found = await said(
        limited, opens(1, limited.root / "secret" / "file"), opens(2, target, 0x1A), copy
    )
    assert found[0] == (Kind.STATUS, 1, DENIED)
    assert found[2] == (Kind.STATUS, 3, int(Status.FAILURE))
    assert target.read_bytes() == b""


@pytest.mark.parametrize(
    "packet",
    [
        asks(Kind.EXTENDED, 5, fields.string(b"exec@example.com"), fields.string(b"id")),
        asks(21, 5, fields.string(b"/x")),
        asks(255, 5),
    ],
)
async def test_what_is_unknown_is_answered_by_the_bastion(limited, packet):
    """The session goes on behind it."""
    path = limited.root / "open" / "file"
    _, found = await said(limited, packet, opens(6, path))
    assert found == [(Kind.STATUS, 5, int(Status.OP_UNSUPPORTED)), (Kind.HANDLE, 6, None)]


@pytest.mark.parametrize(
    "packet",
    [
        struct.pack(">IB", 0xFFFFFFFF, Kind.WRITE),
        struct.pack(">IB", 300_000, Kind.STAT) + b"x" * 300_000,
        struct.pack(">IB", 0, 0),
        asks(Kind.STAT, 1, struct.pack(">I", 4096), b"/x"),
        asks(Kind.STAT, 0xFFFFFFFF, fields.string(b"/x")),
        INIT,
    ],
    ids=["longest", "long", "empty", "field beyond the end", "our id", "INIT again"],
)
async def test_what_nobody_speaks_ends_the_session_in_a_sentence(limited, packet):
    """And the bastion goes on for everybody else."""
    err, found = await said(limited, packet, opens(6, limited.root / "open" / "file"))
    if found and packet is INIT:
        return  # a second INIT is a packet of no known kind
    assert b"[transfer-malformed]" in err
    assert (await limited.deployment.newest()).ending == "transfer-malformed"


async def test_refused_data_is_dropped(limited):
    """A WRITE to a guessed handle does not reach a file, and what comes behind it is understood."""
    data = fields.string(b"\0\0\0\0") + struct.pack(">QI", 0, 70_000) + b"x" * 70_000
    _, found = await said(
        limited, asks(Kind.WRITE, 1, data), opens(2, limited.root / "open" / "file")
    )
    assert found == [(Kind.STATUS, 1, int(Status.FAILURE)), (Kind.HANDLE, 2, None)]


async def test_names_with_a_nul_are_refused(limited):
    """What one side would read to its end, and the other to the NUL."""
    path = f"{limited.root}/secret/file\0/../../open/file"
    _, found = await said(limited, opens(1, path))
    assert found == [(Kind.STATUS, 1, int(Status.FAILURE))]


async def test_a_link_with_bytes_that_are_no_text_is_followed(limited):
    """The host is asked with the bytes themselves."""
    (limited.root / "open").joinpath("a").symlink_to(limited.root / "secret" / "file")
    raw = f"{limited.root}/open/".encode() + b"\xff"
    (limited.root / "open" / "a").rename(raw.decode("utf-8", "surrogateescape"))
    packet = asks(Kind.OPEN, 1, fields.string(raw), fields.uint32(1), b"\0" * 4)
    _, found = await said(limited, packet)
    assert found == [(Kind.STATUS, 1, DENIED)]


async def test_a_client_that_never_waits_gets_every_answer(limited):
    """Thousands of requests at once, as paramiko reads a file: held up, not refused."""
    path = fields.string(f"{limited.root}/open/file".encode())
    few = [asks(Kind.STAT, number, path) for number in range(3000)]
    _, found = await said(limited, *few)
    assert [number for _, number, _ in found] == list(range(3000))
