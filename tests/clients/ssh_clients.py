"""Programs that open sessions and forward: ssh, plink, dbclient."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import ClassVar

from tests.clients.client import Client
from tests.clients.site import HOST
from tests.servers.deployment import ACCOUNT
from tests.servers.echo import ask
from tests.servers.installed import require
from tests.servers.sshd import free_port
from tests.servers.terminal import Terminal
from tests.servers.waiting import until, until_answered

NO_CERTIFICATES = (
    "{} cannot use OpenSSH certificates: let OpenSSH bring it there (`ssh -W`, row jump), or sign "
    "in at the page that the bastion shows (`ssh.device_login`)."
)


class Program(Client):
    """A program with OpenSSH's manners: options, where to, and a command at the end."""

    stdio: tuple[str, str] = ("-W", "127.0.0.1:{}")

    def direct(self, *rest: str, target: str = HOST) -> list[str]:
        """By `login@host@bastion`, with the certificate."""
        raise NotImplementedError

    def jump(self, *rest: str, target: str = HOST) -> list[str]:
        """Through the bastion to the host."""
        raise NotImplementedError

    def page(self, *rest: str) -> list[str]:
        """Without a certificate."""
        raise NotImplementedError

    def best(self, *rest: str, target: str = HOST) -> list[str]:
        """The way that this client is used in everything else."""
        return self.direct(*rest, target=target)

    def forwards(self, port: int) -> list[str]:
        """A connection to *port* of the host on stdin and stdout."""
        first, second = self.stdio
        return self.best(first, second.format(port))

    def runs(self, command: str, way: str = "best", target: str = HOST) -> list[str]:
        """Runs *command* on *target*."""
        if way == "page":
            return self.page(command)
        ways = {"best": self.best, "direct": self.direct, "jump": self.jump}
        return ways[way](command, target=target)

    async def shell(self) -> int:
        """A shell on a terminal that knows its size; the status it ends with."""
        program, *arguments = self.best()
        terminal = Terminal(program, arguments, environment={"HOME": str(self.site.home)})
        try:
            await terminal.sees("[$#] ")
            terminal.types("stty size\r")
            await terminal.sees("30 100")
            terminal.types("exit 7\r")
            return await terminal.ends()
        finally:
            terminal.close()

    async def listens(self, data: bytes) -> bytes:
        """What *data* is answered that the host takes for us."""
        port = free_port()
        argv = self.best("-N", "-R", f"{port}:127.0.0.1:{self.site.echo.port}")
        async with self.site.background(argv):
            return await answered(port, data)

    async def leads(self, data: bytes) -> bytes:
        """What *data* is answered that a port here takes to the host."""
        port = free_port()
        argv = self.best("-N", "-L", f"{port}:127.0.0.1:{self.site.echo.port}")
        async with self.site.background(argv):
            return await answered(port, data)

    async def proxies(self) -> bytes:
        """A page of the host's, by SOCKS."""
        port = free_port()
        page = f"http://127.0.0.1:{self.site.echo.port}/"
        get = ["curl", "-s", "--retry", "20", "--retry-delay", "1", "--retry-connrefused"]
        async with self.site.background(self.best("-N", "-D", str(port))):
            way = ["--noproxy", "", "--socks5-hostname", f"127.0.0.1:{port}"]
            return (await self.site.run([*get, *way, page])).out

    def lends(self, command: str) -> list[str]:
        """Runs *command* with our agent."""
        return self.best("-A", command)

    async def shares(self) -> list[int]:
        """The statuses of five commands on one connection."""
        raise NotImplementedError

    def proxy(self, target: str = HOST) -> str:
        """The command that lets OpenSSH bring another client to a host."""
        return f"ssh -F {self.site.config} -W {target}:22 bastion"


class OpenSsh(Program):
    """The one that people have."""

    label, package = "ssh", "openssh-client"

    def direct(self, *rest: str, target: str = HOST) -> list[str]:
        where = ["-l", f"{ACCOUNT}@{target}", "bastion"]
        return ["ssh", "-F", str(self.site.config), *_around(where, rest)]

    def jump(self, *rest: str, target: str = HOST) -> list[str]:
        return ["ssh", "-F", str(self.site.config), *_around([target], rest)]

    best = jump

    def lends(self, command: str) -> list[str]:
        return self.best("-A", "-o", "IdentityAgent=SSH_AUTH_SOCK", command)

    async def shares(self) -> list[int]:
        control = ["-S", str(self.site.folder / "control")]
        async with self.site.background(self.best("-M", "-N", *control)):
            await until((self.site.folder / "control").is_socket)
            runs = [self.site.run(self.best(*control, f"exit {n}")) for n in range(5)]
            return [ran.status for ran in await asyncio.gather(*runs)]

    def page(self, *rest: str) -> list[str]:
        known = self.site.config.parent / "known_hosts"
        return [
            "ssh",
            "-F",
            "none",
            "-p",
            self.site.port,
            "-o",
            f"UserKnownHostsFile={known}",
            "-o",
            "HostKeyAlias=bastion",
            "-l",
            f"{ACCOUNT}@{HOST}",
            "127.0.0.1",
            *rest,
        ]


class Plink(Program):
    """PuTTY's."""

    label, package = "plink (PuTTY)", "putty-tools"
    stdio = ("-nc", "127.0.0.1:{}")
    notes: ClassVar[Mapping[str, str]] = {
        "certificate": "From PuTTY 0.78 on. PuTTYgen puts the certificate into the key: `puttygen "
        "KEY -O private --certificate KEY-cert.pub -o KEY.ppk`, again after each `bastion login`.",
        "host key": "The bastion's host CA is entered in PuTTY's configuration, under SSH, Host "
        "keys, Configure host CAs (on Unix a file in `~/.putty/sshhostcas`). Without it PuTTY asks "
        "for the fingerprint once.",
        "jump": "`plink -proxycmd 'ssh -W %host:%port bastion'`.",
        "-W": "It is called `-nc`.",
        "shared connection": "`-share`; the first plink is the one that the others go through.",
    }

    def _argv(self, *rest: str) -> list[str]:
        return [require("plink", "putty-tools"), "-batch", *rest]

    def direct(self, *rest: str, target: str = HOST) -> list[str]:
        where = [
            "-P",
            self.site.port,
            "-l",
            f"{ACCOUNT}@{target}",
            "-i",
            str(self.site.ppk),
            "-hostkey",
            self.site.fingerprint,
        ]
        return self._argv(*where, *_around(["127.0.0.1"], rest))

    def jump(self, *rest: str, target: str = HOST) -> list[str]:
        where = ["-l", ACCOUNT, "-proxycmd", self.proxy(target)]
        return self._argv(*where, *_around([target], rest))

    async def shares(self) -> list[int]:
        async with self.site.background(self.best("-share", "-N")):

            async def is_there() -> bool:
                asks = [option for option in self.best("-shareexists") if option != "-batch"]
                return (await self.site.run(asks)).status == 0

            await until_answered(is_there)
            runs = [self.site.run(self.best("-share", f"exit {n}")) for n in range(5)]
            return [ran.status for ran in await asyncio.gather(*runs)]

    def page(self, *rest: str) -> list[str]:
        where = ["-P", self.site.port, "-l", f"{ACCOUNT}@{HOST}", "-hostkey", self.site.fingerprint]
        return [require("plink", "putty-tools"), *where, "127.0.0.1", *rest]


class Dbclient(Program):
    """Dropbear's."""

    label, package = "dbclient (Dropbear)", "dropbear-bin"
    stdio = ("-B", "127.0.0.1:{}")
    lacks: ClassVar[Mapping[str, str]] = {
        "certificate": NO_CERTIFICATES.format("Dropbear"),
        "-D": "Dropbear has no SOCKS: use `-L`.",
        "shared connection": "Dropbear opens a connection for each session.",
    }
    notes: ClassVar[Mapping[str, str]] = {
        "host key": "The bastion's own host key, in `~/.ssh/known_hosts` under its name without a "
        "port: Dropbear knows no host certificates.",
        "jump": "`dbclient -J 'ssh -W gpu-01:22 bastion' gpu-01`.",
        "-W": "It is called `-B`.",
    }

    def jump(self, *rest: str, target: str = HOST) -> list[str]:
        where = ["-l", ACCOUNT, "-J", self.proxy(target)]
        return [require("dbclient", "dropbear-bin"), *where, *_around([target], rest)]

    best = jump

    def page(self, *rest: str) -> list[str]:
        where = ["-p", self.site.port, "-l", f"{ACCOUNT}@{HOST}", "127.0.0.1"]
        return [require("dbclient", "dropbear-bin"), *where, *rest]


async def answered(port: int, data: bytes) -> bytes:
    """What whoever listens at *port*, soon, answers to *data*."""
    said = b""

    async def is_answered() -> bool:
        nonlocal said
        with contextlib.suppress(OSError):
            said = await ask(port, data)
        return bool(said)

    await until_answered(is_answered)
    return said


def _around(where: list[str], rest: tuple[str, ...]) -> list[str]:
    """Options first, then *where*, then the command: it is the last of *rest*, if no option."""
    options, command = list(rest), []
    if rest and not rest[-1].startswith("-") and (len(rest) == 1 or rest[-2] not in _VALUED):
        command = [options.pop()]
    return [*options, *where, *command]


_VALUED = {"-L", "-R", "-D", "-W", "-B", "-nc", "-S", "-o", "-O", "-l"}
