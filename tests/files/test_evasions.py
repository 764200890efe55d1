"""Ways around folders and evidence, by packets that no honest client sends."""

import struct

import pytest

from bastion.sftp import fields
from bastion.sftp.numbers import Kind, Status
from tests.files.conftest import limited_site
from tests.files.packets import DENIED, asks, opens, said

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODE = struct.pack(">II", 4, 0o777)
HANDLE = fields.string(struct.pack(">I", 0))  # the first that OpenSSH gives


@pytest.fixture(scope="module")
async def limited(tmp_path_factory):
    """Engineers write in `open`, read `shown` too, and `secret` stands beside them."""
    root = tmp_path_factory.mktemp("evaded")
    async with limited_site(root, read=["open", "shown"], write=["open"]) as site:
        (root / "open" / "peek").symlink_to(root / "shown" / "file")
        (root / "open" / "out").symlink_to(root / "secret")
        yield site


async def test_a_slash_at_the_end_follows_a_link(limited):
    """`open/out/` is the folder that the link leads to, also for requests that follow no links."""
    path = fields.string(f"{limited.root}/open/out/".encode())
    sets = asks(Kind.EXTENDED, 1, fields.string(b"lsetstat@openssh.com"), path, MODE)
    _, found = await said(limited, sets)
    assert found == [(Kind.STATUS, 1, DENIED)]
    assert (limited.root / "secret").stat().st_mode & 0o777 == 0o700


async def test_a_handle_stands_for_the_file_that_a_link_leads_to(limited):
    """Opened for reading by a link in a folder for writing, it is not changed by its handle."""
    before = (limited.root / "shown" / "file").stat().st_mode
    changes = asks(Kind.FSETSTAT, 2, HANDLE, MODE)
    _, found = await said(
        limited, opens(1, limited.root / "open" / "peek"), changes, patiently=True
    )
    assert found == [(Kind.HANDLE, 1, None), (Kind.STATUS, 2, DENIED)]
    assert (limited.root / "shown" / "file").stat().st_mode == before
    opened = next(deed for deed in await limited.deeds() if deed.operation == "open")
    assert (opened.path, opened.other) == (
        f"{limited.root}/open/peek",
        f"{limited.root}/shown/file",
    )


async def test_data_that_the_host_would_not_write_is_not_hashed(limited):
    """A packet that is longer than its data says would be recorded as other than what arrives."""
    target = limited.root / "open" / "forged"
    data = struct.pack(">QI", 0, 3) + b"abcdef"
    writes = asks(Kind.WRITE, 2, HANDLE, data)
    err, _ = await said(limited, opens(1, target, 0x1A), writes, patiently=True)
    assert b"[transfer-malformed]" in err
    assert target.read_bytes() == b""
    assert {deed.written_sha256 for deed in await limited.deeds()} == {""}


async def test_what_is_appended_has_no_hash(limited):
    """The host puts it behind what is there, whatever its offset says."""
    target = limited.root / "open" / "appended"
    target.write_text("old")
    data = struct.pack(">QI", 0, 3) + b"new"
    packets = asks(Kind.WRITE, 2, HANDLE, data), asks(Kind.CLOSE, 3, HANDLE)
    await said(limited, opens(1, target, 0x06), *packets, patiently=True)
    assert target.read_text() == "oldnew"
    (deed,) = await limited.deeds()
    assert (deed.written_bytes, deed.written_sha256) == (3, "")


async def test_thousands_of_refusals_at_once_are_all_answered(limited):
    """More than may wait for the host, of which none does."""
    closes = [asks(Kind.CLOSE, n, fields.string(b"none")) for n in range(3000)]
    _, found = await said(limited, *closes)
    assert [number for _, number, _ in found] == list(range(3000))


async def test_a_path_that_the_host_cannot_follow_ends_one_request(limited):
    """The host does not say where the path leads; what stands behind it is asked and answered."""
    path = f"{limited.root}/open/{'x' * 300}/y"  # what nobody may enter root may; this it may not
    _, found = await said(limited, opens(1, path), opens(2, limited.root / "open" / "file"))
    assert [kind for kind, _, _ in found] == [Kind.STATUS, Kind.HANDLE]
    assert found[0][2] == int(Status.FAILURE)


async def test_denials_by_folder_are_in_the_audit_log(limited):
    """So many one by one, and no more: a tree has many files."""
    path = limited.root / "secret" / "file"
    await said(limited, *(opens(n, path) for n in range(1, 40)))
    session = await limited.deployment.newest()
    entries = [
        entry
        for entry in limited.deployment.audited("file-denied")
        if entry.detail.get("session") == session.id
    ]
    assert len(entries) == 8
    assert entries[0].detail["text"] == f"download {path}"
