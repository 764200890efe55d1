"""Libraries that programs connect with, each behind a small program of its own."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from tests.clients.client import Client
from tests.clients.site import HOST
from tests.servers.deployment import ACCOUNT
from tests.servers.echo import ask
from tests.servers.installed import require

SSH2 = "ssh2@1.17.0"
_HERE = Path(__file__).parent / "libraries"


class Library(Client):
    """One that is told its job as JSON."""

    lacks: ClassVar[Mapping[str, str]] = {
        "-D": "SOCKS is the program's business; the library opens the channels (row `-W`).",
        "-L": "Listening here is the program's business; the library opens the channels (row "
        "`-W`).",
    }

    def run_by(self) -> list[str]:
        """What runs its program."""
        raise NotImplementedError

    def job(self, do: str, **what: object) -> list[str]:
        """The command line for a job; `way` is `direct`, `jump` or `page`."""
        way = what.pop("way", "direct")
        target = str(what.pop("target", HOST))
        facts = {
            "port": self.site.deployment.ssh_port,
            "user": ACCOUNT if way == "jump" else f"{ACCOUNT}@{target}",
            "key": str(self.site.key),
            "known_hosts": str(self.site.home / ".ssh" / "known_hosts"),
            "host_key": self.site.host_key,
            "host": target if way == "jump" else "127.0.0.1",
            "do": do,
            **what,
        }
        if way == "jump":
            facts["port"] = 22
            facts["proxy"] = f"ssh -F {self.site.config} -W {target}:22 bastion"
        return [*self.run_by(), json.dumps(facts)]

    def best(self, do: str, **what: object) -> list[str]:
        """The way that this client is used in everything else."""
        return self.job(do, **what)

    def runs(self, command: str, way: str = "", target: str = HOST) -> list[str]:
        """Runs *command* on *target*."""
        if way == "page":
            return self.job("sign_in", command=command)
        return self.best("exec", command=command, target=target, **({"way": way} if way else {}))

    def forwards(self, port: int) -> list[str]:
        """A connection to *port* of the host on stdin and stdout."""
        return self.best("stdio", to=port)

    async def shell(self) -> int:
        """A shell on a terminal that knows its size; the status it ends with."""
        ran = await self.site.run(self.best("shell", command="stty size; exit 7\r"))
        assert b"33 91" in ran.out, ran
        return ran.status

    async def shares(self) -> list[int]:
        """The statuses of five commands on one connection."""
        ran = await self.site.run(self.best("shared"))
        statuses: list[int] = json.loads(ran.out)
        return statuses

    async def listens(self, data: bytes) -> bytes:
        """What *data* is answered that the host takes for us."""
        async with self.site.background(self.best("listen", to=self.site.echo.port)) as process:
            return await ask(int(await process.stdout.readline()), data)

    def lends(self, command: str) -> list[str]:
        """Runs *command* with our agent."""
        return self.best("agent", command=command)


class Paramiko(Library):
    """Of Python."""

    label, package = "paramiko", "python3-paramiko"
    notes: ClassVar[Mapping[str, str]] = {
        "certificate": '`key.load_certificate("KEY-cert.pub")` before `connect`.',
        "jump": '`ProxyCommand("ssh -W gpu-01:22 bastion")` as `sock`; then `auth_none`.',
        "host key": "The bastion's own host key, in `known_hosts`.",
        "page": "`transport.auth_interactive` with a handler that shows what it is given.",
    }

    def run_by(self) -> list[str]:
        return ["/usr/bin/python3", str(_HERE / "paramiko_client.py")]


class Ssh2(Library):
    """Of npm."""

    label = "ssh2 (npm)"
    modules = Path()
    lacks: ClassVar[Mapping[str, str]] = {
        **Library.lacks,
        "certificate": "ssh2 cannot use certificates: let OpenSSH bring it there (row jump).",
        "page": "ssh2 answers a challenge without a question by itself and shows nothing of it, so "
        "nobody sees the page. Let OpenSSH bring it there (row jump).",
    }
    notes: ClassVar[Mapping[str, str]] = {
        "jump": "A duplex stream of `ssh -W gpu-01:22 bastion` as `sock`, and "
        '`authHandler: ["none"]`.',
        "host key": "The bastion's own host key, in `hostVerifier`.",
    }

    @classmethod
    def version(cls) -> str:
        return SSH2

    def run_by(self) -> list[str]:
        return [require("node", "nodejs"), str(_HERE / "ssh2_client.mjs"), str(self.modules)]

    def best(self, do: str, **what: object) -> list[str]:
        return self.job(do, **{"way": "jump", **what})


class Libssh(Library):
    """Of C."""

    label, package = "libssh", "libssh-4"
    lacks: ClassVar[Mapping[str, str]] = {
        **Library.lacks,
        "agent": "libssh only asks for it; the program has to carry what then comes.",
    }
    notes: ClassVar[Mapping[str, str]] = {
        "certificate": "`ssh_pki_import_cert_file`, `ssh_pki_copy_cert_to_privkey`, then "
        "`ssh_userauth_publickey`.",
        "host key": "The bastion's own host key, in `known_hosts`: libssh knows no host "
        "certificates.",
    }

    def run_by(self) -> list[str]:
        return ["/usr/bin/python3", str(_HERE / "libssh_client.py")]


def install_ssh2(modules: Path) -> None:
    """Have ssh2 in *modules*, where it is not there yet."""
    if not (modules / "node_modules" / "ssh2" / "package.json").exists():
        npm = require("npm", "npm")
        command = [
            npm,
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--prefix",
            str(modules),
            SSH2,
        ]
        subprocess.run(command, check=True)
