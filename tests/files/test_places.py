"""Folders of access rules, with the real sftp and scp: what stands outside is not touched."""

import pytest

from tests.files.conftest import files_site, grant

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
async def limited(tmp_path_factory):
    """Engineers read and write in `open`, read `shown`, and reach nothing else."""
    folder = tmp_path_factory.mktemp("limited")
    root = folder / "host-files"
    for name in ("open", "shown", "secret"):
        (root / name).mkdir(parents=True)
        (root / name / "file").write_text(name)
    (root / "open" / "way-out").symlink_to(root / "secret")
    (root / "open" / "alias").symlink_to(root / "secret" / "file")
    read, write = [f"{root}/open", f"{root}/shown"], [f"{root}/open"]
    access = grant("e", "engineers", ["exec", "sftp-read", "sftp-write"], read=read, write=write)
    access += grant("readers", "readers", ["sftp-read"])
    access += grant("writers", "writers", ["sftp-write"])
    (folder / "site").mkdir()
    async with files_site(folder / "site", access) as site:
        site.root = root
        yield site


async def test_inside_all_is_as_ever(limited, tmp_path):
    """Put, get, rename, list and remove work in an open folder; a shown one can be read."""
    root = limited.root
    (tmp_path / "x").write_text("x")
    ran = await limited.sftp(
        f"put {tmp_path}/x {root}/open/new\nrename {root}/open/new {root}/open/newer\n"
        f"ls {root}/open\nget {root}/open/newer {tmp_path}/y\nrm {root}/open/newer\n"
        f"get {root}/shown/file {tmp_path}/shown\n"
    )
    assert (ran.status, ran.err) == (0, b"")
    assert b"newer" in ran.out
    assert (tmp_path / "shown").read_text() == "shown"


@pytest.mark.parametrize(
    "command",
    [
        "get {root}/secret/file {here}/stolen",
        "get {root}/open/../secret/file {here}/stolen",
        "get {root}/open/way-out/file {here}/stolen",
        "get {root}/open/alias {here}/stolen",
        "get /etc/hostname {here}/stolen",
        "put {here}/x {root}/shown/new",
        "put {here}/x {root}/open/way-out/new",
        "put {here}/x {root}/open/alias",
        "rm {root}/secret/file",
        "rm {root}/open/way-out/file",
        "rename {root}/secret/file {root}/open/file2",
        "rename {root}/open/file {root}/secret/file2",
        "ln {root}/secret/file {root}/open/hard",
        "ln -s {root}/secret {root}/open/soft",
        "ln -s ../secret/file {root}/open/soft",
        "mkdir {root}/secret/folder",
        "rmdir {root}/secret",
        "chmod 777 {root}/secret/file",
        "chmod 777 {root}/open/alias",
        "cp {root}/secret/file {root}/open/copied",
        "ls {root}/secret",
        "ls {root}/open/way-out/",
        "df {root}/secret",
    ],
)
async def test_outside_nothing_happens(limited, tmp_path, command):
    """Every way to a file elsewhere is refused: plain, by `..`, by links, by second names."""
    (tmp_path / "x").write_text("x")
    before = _tree(limited.root)
    ran = await limited.sftp(command.format(root=limited.root, here=tmp_path))
    assert ran.status == 1, ran
    assert b"[file-denied]" in ran.err
    assert _tree(limited.root) == before
    stolen = tmp_path / "stolen"
    assert not stolen.exists() or stolen.read_bytes() == b""
    denied = [deed for deed in await limited.deeds() if deed.verdict == "block"]
    assert {(deed.rule, deed.result) for deed in denied} == {("access", "denied")}


async def test_who_may_not_be_followed_does_not_copy(limited, tmp_path):
    """`scp -O` keeps to no folders, so it is refused where there are some; plain scp is not."""
    source = f"gpu-01:{limited.root}/open/file"
    old = await limited.scp("-O", source, f"{tmp_path}/old")
    assert b"[file-denied]" in old.err
    new = await limited.scp(source, f"{tmp_path}/new")
    assert (new.status, (tmp_path / "new").read_text()) == (0, "open")


async def test_reading_alone_does_not_write(limited, tmp_path):
    """`sftp-read` without `sftp-write`, everywhere."""
    key = limited.deployment.certify("engineer", groups=("readers",))
    (tmp_path / "x").write_text("x")
    ran = await limited.sftp(f"get {limited.root}/secret/file {tmp_path}/got", key=key)
    assert (ran.status, (tmp_path / "got").read_text()) == (0, "secret")
    for command in (f"put {tmp_path}/x", f"rm {limited.root}/open/file", "mkdir x", "-rmdir y"):
        ran = await limited.sftp(command, key=key)
        assert b"[file-denied]" in ran.err
    assert (limited.root / "open" / "file").exists()


async def test_writing_alone_does_not_read(limited, tmp_path):
    """`sftp-write` without `sftp-read`: a drop box."""
    key = limited.deployment.certify("engineer", groups=("writers",))
    (tmp_path / "x").write_text("x")
    ran = await limited.sftp(f"put {tmp_path}/x {tmp_path}/dropped", key=key)
    assert (ran.status, (tmp_path / "dropped").read_text()) == (0, "x")
    ran = await limited.sftp(f"get {limited.root}/secret/file {tmp_path}/got", key=key)
    assert b"[file-denied]" in ran.err


def _tree(root):
    return {path: (path.lstat().st_mode, path.lstat().st_mtime_ns) for path in root.rglob("*")}
