"""Clients that carry files: each row of the table with each of them."""

import hashlib
import os

import pytest

from tests.clients.site import ELSEWHERE
from tests.servers.waiting import until

pytestmark = [pytest.mark.clients, pytest.mark.asyncio(loop_scope="session")]
TABLE = "files"


@pytest.fixture
def paths(site, tool):
    """A file here with random bytes, a place on the host, a place here again."""
    name = f"{type(tool).__name__}-{os.urandom(3).hex()}"
    here, there, back = (site.files / f"{name}-{part}" for part in ("here", "there", "back"))
    here.write_bytes(os.urandom(300_000))
    return here, there, back


@pytest.mark.row("upload")
async def test_a_file_goes_to_the_host(tool, paths, cell):
    """300 kB of random bytes arrive as they are."""
    here, there, _ = paths
    ran = await tool.put(here, there)
    assert (ran.status, there.read_bytes()) == (0, here.read_bytes()), ran
    cell.works(tool)


@pytest.mark.row("download")
async def test_a_file_comes_from_the_host(tool, paths, cell):
    """The same the other way."""
    there, _, back = paths
    ran = await tool.get(there, back)
    assert (ran.status, back.read_bytes()) == (0, there.read_bytes()), ran
    cell.works(tool)


@pytest.mark.row("folder")
async def test_a_folder_goes_to_the_host(tool, paths, site, cell):
    """A folder with another in it and twenty files."""
    here, there = site.files / f"{paths[0].name}-folder", paths[1]
    (here / "inner").mkdir(parents=True)
    for number in range(20):
        (here / "inner" / f"file-{number}").write_bytes(os.urandom(2000))
    ran = await tool.put_folder(here, there)
    assert ran.status == 0, ran
    for number in range(20):
        inner = f"inner/file-{number}"
        assert (there / inner).read_bytes() == (here / inner).read_bytes()
    cell.works(tool)


@pytest.mark.row("in the record")
async def test_the_record_has_what_was_carried(tool, paths, site, cell):
    """Path and SHA-256 of an uploaded file, as `bastion sessions files` shows them."""
    here, there, _ = paths
    assert (await tool.put(here, there)).status == 0
    digest = hashlib.sha256(here.read_bytes()).hexdigest() if tool.hashes else ""

    def is_kept():
        return any(
            path.startswith(str(there)) and sha256 == digest for path, sha256 in site.deeds()
        )

    await until(is_kept)
    cell.works(tool)


@pytest.mark.row("host refused")
async def test_a_host_that_one_may_not_reach(tool, paths, cell):
    """The client shows the sentence of `access-denied`, and fails."""
    here, there, _ = paths
    ran = await tool.put(here, there, target=ELSEWHERE)
    assert ran.status != 0
    assert b"[access-denied]" in ran.out + ran.err, ran
    cell.works(tool)


@pytest.mark.row("transfer blocked")
async def test_a_file_that_a_rule_blocks(tool, paths, site, cell):
    """A private key that leaves is blocked; the client shows the rule, and fails."""
    there = site.files / f"{paths[1].name}" / ".ssh" / "id_ed25519"
    there.parent.mkdir(parents=True)
    there.write_bytes(b"secret")
    ran = await tool.get(there, paths[2])
    assert ran.status != 0, ran
    assert not paths[2].exists() or not paths[2].read_bytes()
    if "transfer blocked" in tool.quiet:
        cell.keep(tool.label, "blocked", tool.quiet["transfer blocked"])
        return
    assert any(said in ran.out + ran.err for said in (b"[bastion] blocked", b"[file-denied]")), ran
    cell.works(tool)
