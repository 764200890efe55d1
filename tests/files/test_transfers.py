"""The real scp, of both protocols, and rsync: they work through the bastion and are recorded."""

import hashlib
import os

import pytest

from tests.files.conftest import files_site, grant
from tests.servers.deployment import run
from tests.servers.installed import require

pytestmark = pytest.mark.asyncio(loop_scope="module")

BOTH = pytest.mark.parametrize("protocol", ["-s", "-O"])


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@BOTH
async def test_scp_to_the_host(site, tmp_path, protocol):
    """The file arrives, and the record says where to, how much and what."""
    data = os.urandom(300_000)
    (tmp_path / "here").write_bytes(data)
    ran = await site.scp(protocol, f"{tmp_path}/here", f"gpu-01:{tmp_path}/there")
    assert (ran.status, ran.err) == (0, b"")
    assert (tmp_path / "there").read_bytes() == data
    sent = [deed for deed in await site.deeds() if "upload" in deed.action]
    assert [deed.written_sha256 for deed in sent] == [_sha256(data)]
    assert (sent[0].written_bytes, sent[0].result) == (len(data), "ok")
    assert sent[0].path == f"{tmp_path}/there"
    assert sent[0].other == (f"{tmp_path}/there/here" if protocol == "-O" else "")


@BOTH
async def test_scp_from_the_host(site, tmp_path, protocol):
    """The same the other way."""
    data = os.urandom(300_000)
    (tmp_path / "there").write_bytes(data)
    ran = await site.scp(protocol, f"gpu-01:{tmp_path}/there", f"{tmp_path}/back")
    assert (ran.status, ran.err) == (0, b"")
    assert (tmp_path / "back").read_bytes() == data
    got = [deed for deed in await site.deeds() if deed.action == "download"]
    assert [(deed.path, deed.read_bytes, deed.read_sha256) for deed in got] == [
        (f"{tmp_path}/there", len(data), _sha256(data))
    ]


@BOTH
async def test_scp_of_a_tree(site, tmp_path, protocol):
    """Folders, empty files and times: `scp -rp` both ways."""
    tree = tmp_path / "tree"
    (tree / "a" / "b").mkdir(parents=True)
    (tree / "a" / "b" / "deep").write_text("deep")
    (tree / "empty").write_bytes(b"")
    there, back = f"gpu-01:{tmp_path}/there", f"{tmp_path}/back"
    for ends in ((f"{tree}", there), (there, back)):
        ran = await site.scp(protocol, "-rp", *ends)
        assert (ran.status, ran.err) == (0, b"")
    assert (tmp_path / "back" / "a" / "b" / "deep").read_text() == "deep"
    assert (tmp_path / "back" / "empty").read_bytes() == b""
    names = [deed.path.rpartition("/")[2] for deed in await site.deeds()]
    assert {"deep", "empty"} <= set(names)


async def test_scp_of_what_is_not_there(site, tmp_path):
    """The host's own words reach the user, and the session ends."""
    ran = await site.scp("-O", f"gpu-01:{tmp_path}/none", f"{tmp_path}/back")
    assert ran.status == 1
    assert b"No such file" in ran.err


@pytest.mark.parametrize("is_upload", [True, False])
async def test_rsync(site, tmp_path, is_upload):
    """Rsync works, and the record has its direction, its path and how much it was."""
    require("rsync", "rsync")
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "x").write_bytes(os.urandom(100_000))
    here, there = f"{tmp_path}/from/", f"{tmp_path}/to/"
    ends = (here, f"gpu-01:{there}") if is_upload else (f"gpu-01:{here}", there)
    options = " ".join(site.deployment.options())
    ran = await run("rsync", "-a", "-e", f"ssh {options}", *ends)
    assert (ran.status, ran.err) == (0, b"")
    assert (tmp_path / "to" / "x").read_bytes() == (tmp_path / "from" / "x").read_bytes()
    (deed,) = await site.deeds()
    folder = there if is_upload else here
    assert (deed.operation, deed.path) == ("rsync", folder.rstrip("/"))
    assert deed.action == ("upload" if is_upload else "download")
    assert max(deed.read_bytes, deed.written_bytes) > 100_000


async def test_a_grant_for_commands_does_not_copy_files(tmp_path):
    """`exec` alone opens neither sftp nor scp nor rsync, and each says so."""
    require("rsync", "rsync")
    (tmp_path / "x").write_text("x")
    async with files_site(tmp_path, grant("engineers", "engineers", ["exec"])) as site:
        options = " ".join(site.deployment.options())
        refused = [
            await site.sftp("pwd"),
            await site.scp(f"{tmp_path}/x", f"gpu-01:{tmp_path}/y"),
            await site.scp("-O", f"{tmp_path}/x", f"gpu-01:{tmp_path}/y"),
            await site.scp("-O", f"gpu-01:{tmp_path}/x", f"{tmp_path}/y"),
            await run("rsync", "-e", f"ssh {options}", f"{tmp_path}/x", f"gpu-01:{tmp_path}/y"),
        ]
        for ran in refused:
            assert ran.status != 0
            assert b"[channel-refused]" in ran.err
        assert not (tmp_path / "y").exists()
        store = site.deployment.store()
        commands = store.sessions.commands((await site.deployment.newest()).id)
        store.close()
        assert [command.outcome for command in commands] == ["denied"]
        assert (await site.deployment.ssh("gpu-01", "true")).status == 0


@pytest.mark.parametrize("way", ["-s", "-O"])
async def test_small_files_are_copied_where_that_is_wanted(tmp_path, way):
    """Beside the recording, with the hash of the event; larger ones are not."""
    channels = ["exec", "sftp-read", "sftp-write"]
    (tmp_path / "small").write_bytes(os.urandom(1000))
    (tmp_path / "large").write_bytes(os.urandom(1001))
    folder = tmp_path / "site"
    folder.mkdir()
    settings = {"files": {"copy_max_bytes": 1000}}
    access = grant("engineers", "engineers", channels)
    async with files_site(folder, access, settings=settings) as site:
        for name in ("small", "large"):
            await site.scp(way, f"{tmp_path}/{name}", f"gpu-01:{tmp_path}/{name}-there")
            (deed,) = [deed for deed in await site.deeds() if "upload" in deed.action]
            session = await site.deployment.newest()
            copies = (site.deployment.state.recordings / session.recording).with_suffix(".files")
            if name == "large":
                assert (deed.copy, copies.exists() and list(copies.iterdir())) in (
                    ("", False),
                    ("", []),
                )
            else:
                copy = copies / deed.copy
                assert copy.read_bytes() == (tmp_path / name).read_bytes()
                assert copy.stat().st_mode & 0o777 == 0o600
                assert deed.written_sha256 == _sha256(copy.read_bytes())
