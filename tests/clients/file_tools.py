"""Programs that carry files: what each runs to put, get, and carry a folder."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import ClassVar

from tests.clients.client import Client
from tests.clients.site import HOST, Site
from tests.servers.deployment import ACCOUNT, Ran
from tests.servers.installed import require

OLD_SCP = (
    "It needs `exec` besides `sftp-read` or `sftp-write`, and no `read` or `write` folders in the "
    "grant (docs/files.md)."
)


OLD_RECORD = (
    "With its SHA-256. Only the host knows whether `there` of `scp -O x HOST:there` is a folder: "
    "rules judge both names, and the record has both."
)


class FileTool(Client):
    """A program that carries files.

    Attributes:
        hashes: whether the record has the SHA-256 of what it carries.
        quiet: by row, why the program does not show what the bastion says.
    """

    hashes = True
    quiet: ClassVar[Mapping[str, str]] = {}

    async def put(self, here: Path, there: Path, target: str = HOST) -> Ran:
        """Upload a file."""
        raise NotImplementedError

    async def get(self, there: Path, here: Path) -> Ran:
        """Download a file."""
        raise NotImplementedError

    async def put_folder(self, here: Path, there: Path) -> Ran:
        """Upload a folder with all below it, to be called *there*."""
        raise NotImplementedError

    async def _run(self, *argv: str, input_: str | None = None) -> Ran:
        given = None if input_ is None else input_.encode()
        return await self.site.run(argv, input_=given)


class Sftp(FileTool):
    """OpenSSH's sftp, with a batch."""

    label, package = "sftp", "openssh-client"

    async def put(self, here: Path, there: Path, target: str = HOST) -> Ran:
        return await self._batch(f"put {here} {there}", target)

    async def get(self, there: Path, here: Path) -> Ran:
        return await self._batch(f"get {there} {here}")

    async def put_folder(self, here: Path, there: Path) -> Ran:
        return await self._batch(f"mkdir {there}\nput -R {here}/. {there}")

    async def _batch(self, commands: str, target: str = HOST) -> Ran:
        return await self._run(
            "sftp", "-F", str(self.site.config), "-b", "-", target, input_=commands + "\n"
        )


class Scp(FileTool):
    """OpenSSH's scp, which speaks SFTP since 9.0."""

    label, package = "scp", "openssh-client"
    options: tuple[str, ...] = ()

    async def put(self, here: Path, there: Path, target: str = HOST) -> Ran:
        return await self._scp(str(here), f"{target}:{there}")

    async def get(self, there: Path, here: Path) -> Ran:
        return await self._scp(f"{HOST}:{there}", str(here))

    async def put_folder(self, here: Path, there: Path) -> Ran:
        return await self._scp("-r", str(here), f"{HOST}:{there}")

    async def _scp(self, *rest: str) -> Ran:
        return await self._run("scp", *self.options, "-F", str(self.site.config), *rest)


class OldScp(Scp):
    """The protocol from before SFTP."""

    label, options = "scp -O", ("-O",)
    notes: ClassVar[Mapping[str, str]] = {
        "upload": OLD_SCP,
        "download": OLD_SCP,
        "in the record": OLD_RECORD,
    }


class DropbearScp(OldScp):
    """OpenSSH's scp over Dropbear's client."""

    label, package = "scp -O -S dbclient", "dropbear-bin"

    async def _scp(self, *rest: str) -> Ran:
        script = self.site.folder / f"dbclient-{os.urandom(4).hex()}"
        target = next(part.partition(":")[0] for part in rest if ":" in part)
        way = f"ssh -F {self.site.config} -W {target}:22 bastion"
        program = require("dbclient", "dropbear-bin")
        script.write_text(f"#!/bin/sh\nexec {program} -J '{way}' -l {ACCOUNT} \"$@\"\n")
        script.chmod(0o700)
        return await self._run("scp", "-O", "-S", str(script), *rest)


class Rsync(FileTool):
    """rsync over ssh."""

    label, package = "rsync", "rsync"
    hashes = False
    notes: ClassVar[Mapping[str, str]] = {
        "upload": OLD_SCP,
        "download": OLD_SCP,
        "folder": "A folder *from* a host waits for an approver where a rule of files.toml could "
        "meet something in it: rsync does not say which files it carries (docs/files.md).",
        "in the record": "Direction, path and all bytes, but no SHA-256 of a file.",
    }

    async def put(self, here: Path, there: Path, target: str = HOST) -> Ran:
        return await self._rsync(str(here), f"{target}:{there}")

    async def get(self, there: Path, here: Path) -> Ran:
        return await self._rsync(f"{HOST}:{there}", str(here))

    async def put_folder(self, here: Path, there: Path) -> Ran:
        return await self._rsync("-r", f"{here}/", f"{HOST}:{there}/")

    async def _rsync(self, *rest: str) -> Ran:
        return await self._run("rsync", "-e", f"ssh -F {self.site.config}", *rest)


class Psftp(FileTool):
    """PuTTY's sftp."""

    label, package = "psftp (PuTTY)", "putty-tools"

    async def put(self, here: Path, there: Path, target: str = HOST) -> Ran:
        return await self._batch(f"put {here} {there}", target)

    async def get(self, there: Path, here: Path) -> Ran:
        return await self._batch(f"get {there} {here}")

    async def put_folder(self, here: Path, there: Path) -> Ran:
        return await self._batch(f"put -r {here} {there}")

    async def _batch(self, commands: str, target: str = HOST) -> Ran:
        batch = self.site.folder / f"batch-{os.urandom(4).hex()}"
        batch.write_text(commands + "\n")
        return await self._run(*putty("psftp", self.site, target), "-b", str(batch), "127.0.0.1")


class Pscp(FileTool):
    """PuTTY's scp, which speaks SFTP where it can."""

    label, package = "pscp (PuTTY)", "putty-tools"
    options: tuple[str, ...] = ()

    async def put(self, here: Path, there: Path, target: str = HOST) -> Ran:
        return await self._pscp(str(here), f"127.0.0.1:{there}", target=target)

    async def get(self, there: Path, here: Path) -> Ran:
        return await self._pscp(f"127.0.0.1:{there}", str(here))

    async def put_folder(self, here: Path, there: Path) -> Ran:
        await asyncio.to_thread(there.mkdir)  # pscp wants the folder to be there
        return await self._pscp("-r", str(here / "inner"), f"127.0.0.1:{there}")

    async def _pscp(self, *rest: str, target: str = HOST) -> Ran:
        return await self._run(*putty("pscp", self.site, target), *self.options, *rest)


class OldPscp(Pscp):
    """The same with the old protocol."""

    label, options = "pscp -scp", ("-scp",)
    notes: ClassVar[Mapping[str, str]] = {
        "upload": OLD_SCP,
        "download": OLD_SCP,
        "in the record": OLD_RECORD,
    }


class Lftp(FileTool):
    """lftp with sftp://, over ssh."""

    label, package = "lftp", "lftp"
    notes: ClassVar[Mapping[str, str]] = {
        "host refused": "With `lftp -d`; else it shows only that the connection was closed."
    }

    async def put(self, here: Path, there: Path, target: str = HOST) -> Ran:
        return await self._lftp(f"put {here} -o {there}", target)

    async def get(self, there: Path, here: Path) -> Ran:
        return await self._lftp(f"get {there} -o {here}")

    async def put_folder(self, here: Path, there: Path) -> Ran:
        return await self._lftp(f"mirror -R {here} {there}")

    async def _lftp(self, command: str, target: str = HOST) -> Ran:
        program = (
            f"set sftp:connect-program 'ssh -a -x -F {self.site.config}'; set net:max-retries 1"
        )
        where = f"open sftp://{ACCOUNT}:none@{target}"
        return await self._run("lftp", "-d", "-c", f"{program}; {where}; {command}")


class Sshfs(FileTool):
    """A folder of the host mounted here; the kernel must have FUSE."""

    label, package = "sshfs", "sshfs"
    notes: ClassVar[Mapping[str, str]] = {
        "host refused": "With `sshfs -o sshfs_debug`; else it hides what ssh says."
    }
    quiet: ClassVar[Mapping[str, str]] = {
        "transfer blocked": "A program that opens the file is told `Permission denied`; a mounted "
        "folder has no room for sentences."
    }

    async def put(self, here: Path, there: Path, target: str = HOST) -> Ran:
        async with self._mounted(there.parent, target) as (mounted, folder):
            return (
                mounted
                if mounted.status
                else await self._run("cp", str(here), str(folder / there.name))
            )

    async def get(self, there: Path, here: Path) -> Ran:
        async with self._mounted(there.parent, HOST) as (_, folder):
            return await self._run("cp", str(folder / there.name), str(here))

    async def put_folder(self, here: Path, there: Path) -> Ran:
        async with self._mounted(there.parent, HOST) as (_, folder):
            return await self._run("cp", "-r", str(here), str(folder / there.name))

    @contextlib.asynccontextmanager
    async def _mounted(self, there: Path, target: str) -> AsyncIterator[tuple[Ran, Path]]:
        folder = self.site.folder / f"mount-{os.urandom(4).hex()}"
        folder.mkdir()
        says = [] if target == HOST else ["-o", "sshfs_debug"]
        argv = ["sshfs", *says, "-F", str(self.site.config), f"{target}:{there}", str(folder)]
        ran = await self._run(*argv)
        try:
            yield ran, folder
        finally:
            if not ran.status:
                unmounted = await self._run("fusermount3", "-u", str(folder))
                assert unmounted.status == 0, unmounted


def putty(program: str, site: Site, target: str) -> list[str]:
    """How PuTTY's programs get to *target*."""
    return [
        require(program, "putty-tools"),
        "-batch",
        *("-P", site.port, "-l", f"{ACCOUNT}@{target}", "-i", str(site.ppk)),
        *("-hostkey", site.fingerprint),
    ]


FILE_TOOLS = (Sftp, Scp, OldScp, Rsync, Sshfs, Psftp, Pscp, OldPscp, Lftp, DropbearScp)
