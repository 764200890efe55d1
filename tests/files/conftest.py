"""A bastion whose engineers may use files, and the ways to use them."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.servers.deployment import ACCOUNT, Deployment, Ran, run

GRANT = '[[grant]]\nid = "{id}"\ngroups = ["{group}"]\ntargets = ["gpu-*"]\nlogins = ["{login}"]\n'


def grant(id_: str, group: str, channels: list[str], **folders: list[str]) -> str:
    """One grant of access.toml."""
    text = GRANT.format(id=id_, group=group, login=ACCOUNT) + f"channels = {channels}\n"
    return text + "".join(f"{key} = {value}\n" for key, value in folders.items())


class Site:
    """A deployment with the clients of files."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment, self.root = deployment, deployment.folder

    async def sftp(self, commands: str, *, key: Path | None = None) -> Ran:
        """The real sftp, with a batch of *commands*."""
        options = self.deployment.options(key)
        return await run("sftp", *options, "-b", "-", "gpu-01", input_=commands.encode())

    async def scp(self, *arguments: str, key: Path | None = None) -> Ran:
        """The real scp."""
        return await run("scp", *self.deployment.options(key), *arguments)

    async def deeds(self):
        """What the newest session did with files, once it has ended."""
        session = await self.deployment.newest()
        store = self.deployment.store()
        try:
            return store.files.of(session.id)
        finally:
            store.close()


@contextlib.asynccontextmanager
async def files_site(folder: Path, access: str, rules: str = "", **settings) -> AsyncIterator[Site]:
    """A running bastion with these access rules and rules for files."""
    deployment = Deployment(folder, **settings)
    await deployment.prepare()
    (folder / "rules" / "access.toml").write_text(access)
    if rules:
        (folder / "rules" / "files.toml").write_text(rules)
    try:
        await deployment.start()
        yield Site(deployment)
    finally:
        await deployment.stop()


@contextlib.asynccontextmanager
async def limited_site(root: Path, read: list[str], write: list[str]) -> AsyncIterator[Site]:
    """Engineers may use these folders in *root*, and not `secret`; a file is in each."""
    for name in {*read, *write, "secret"}:
        (root / name).mkdir(mode=0o700)
        (root / name / "file").write_text(name)
    folders = {
        "read": [f"{root}/{name}" for name in read],
        "write": [f"{root}/{name}" for name in write],
    }
    (root / "site").mkdir()
    access = grant("e", "engineers", ["sftp-read", "sftp-write"], **folders)
    async with files_site(root / "site", access) as site:
        site.root = root
        yield site


@pytest.fixture(scope="module")
async def site(tmp_path_factory):
    """Engineers may read and write files everywhere."""
    channels = ["shell", "exec", "sftp-read", "sftp-write"]
    folder = tmp_path_factory.mktemp("site")
    async with files_site(folder, grant("engineers", "engineers", channels)) as site:
        yield site
