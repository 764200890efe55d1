"""Programs that use ssh for a purpose of their own: each is told how to get to the host."""

from collections.abc import Sequence
from pathlib import Path

from tests.clients.client import Client
from tests.clients.site import HOST
from tests.servers.deployment import Ran
from tests.servers.installed import require


class Git(Client):
    """git over ssh."""

    label, package = "git", "git"

    async def run(self, *words: str) -> Ran:
        """Run git with the bastion's ssh and nobody's configuration."""
        who = {
            f"GIT_{role}_{part}": "engineer@bastion.test"
            for role in ("AUTHOR", "COMMITTER")
            for part in ("NAME", "EMAIL")
        }
        way = {"GIT_SSH_COMMAND": f"ssh -F {self.site.config}", "GIT_CONFIG_NOSYSTEM": "1"}
        return await self.site.run([require("git", "git"), *words], **who, **way)

    def remote(self, folder: Path) -> str:
        """A repository on the host."""
        return f"ssh://{HOST}{folder}"


class Ansible(Client):
    """ansible-core over ssh."""

    label, package = "ansible-core", "ansible-core"

    async def module(self, name: str, arguments: str, *, pipelining: bool) -> Ran:
        """Run one module on the host."""
        options = f"-F {self.site.config} -o ControlMaster=no"
        argv = [
            "ansible",
            "all",
            "-i",
            f"{HOST},",
            "-m",
            name,
            "-a",
            arguments,
            "-e",
            "ansible_python_interpreter=/usr/bin/python3",
        ]
        require("ansible", "ansible-core")
        return await self.site.run(
            argv,
            ANSIBLE_SSH_ARGS=options,
            ANSIBLE_PIPELINING=str(pipelining),
            ANSIBLE_LOCALHOST_WARNING="False",
            ANSIBLE_NOCOLOR="1",
            ANSIBLE_HOST_KEY_CHECKING="True",
        )


class Mosh(Client):
    """mosh, which is refused."""

    label, package = "mosh", "mosh"

    async def run(self) -> Ran:
        """Connect."""
        argv = [
            require("mosh", "mosh"),
            "--experimental-remote-ip=remote",
            f"--ssh=ssh -F {self.site.config}",
            HOST,
        ]
        return await self.site.run(argv, TERM="xterm")


class VsCode(Client):
    """What VS Code's Remote-SSH sends; the program itself cannot be had from here."""

    label = "VS Code Remote-SSH (its bootstrap)"

    @classmethod
    def version(cls) -> str:
        return "what it sends: `ssh -T -D PORT HOST bash`, a script on stdin"

    def argv(self, port: int) -> Sequence[str]:
        """What it starts."""
        config = str(self.site.config)
        return [
            "ssh",
            "-v",
            "-T",
            "-D",
            str(port),
            "-F",
            config,
            "-o",
            "ConnectTimeout=15",
            HOST,
            "bash",
        ]


TOOLS = (Git, Ansible, Mosh, VsCode)
