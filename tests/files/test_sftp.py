"""The real sftp and scp through the bastion: what they do works, and stands in the record."""

import hashlib
import os

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_file_goes_there_and_comes_back(site, tmp_path):
    """Put and get are binary-clean, and the record has sizes and hashes of both."""
    data = os.urandom(3_000_000)
    (tmp_path / "here").write_bytes(data)
    ran = await site.sftp(
        f"put {tmp_path}/here {tmp_path}/there\nget {tmp_path}/there {tmp_path}/back"
    )
    assert (ran.status, ran.err) == (0, b"")
    assert (tmp_path / "back").read_bytes() == data
    sha256 = hashlib.sha256(data).hexdigest()
    put, got = [deed for deed in await site.deeds() if deed.operation == "open"]
    assert (put.action, put.path, put.result) == ("upload", f"{tmp_path}/there", "ok")
    assert (put.written_bytes, put.written_sha256) == (len(data), sha256)
    assert (got.action, got.path) == ("download", f"{tmp_path}/there")
    assert (got.read_bytes, got.read_sha256) == (len(data), sha256)
