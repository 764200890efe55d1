"""Starts and stops the whole demo: identity provider, chat, host, bastion, all on loopback.

What always holds: whatever was started is stopped, also when a later part does not start; a taken
port is a sentence that names it. What it does not do: talk to the person
(`bastion.cli.quickstart`).
"""

import os
import pwd
import shutil
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack

from bastion.clock import Clock
from bastion.config import load
from bastion.demo.chat import DemoChat, Told
from bastion.demo.host.local import LocalHost
from bastion.demo.host.sshd import Sshd, find_sshd
from bastion.demo.identity_provider.server import DemoProvider
from bastion.demo.running import running_alone
from bastion.demo.site import PortsWanted, Site
from bastion.errors import ConfigError, reason
from bastion.serve.bastion import Bastion
from bastion.serve.initialise import initialise


class Demo:
    """The demo; its attributes are known once it has started.

    Attributes:
        url: of the bastion's pages.
        password: of every demo account.
        account: the account on the host: whoever runs the demo.
        host_kind: what the host is, in words.
    """

    def __init__(self, site: Site, ports: PortsWanted, clock: Clock) -> None:
        self._site, self._ports, self._clock = site, ports, clock
        self._closing = AsyncExitStack()
        user = pwd.getpwuid(os.getuid())
        self.account, self._shell = user.pw_name, user.pw_shell or "/bin/sh"
        self.url = self.password = self.host_kind = ""

    async def start(self, on_message: Callable[[Told], None]) -> None:
        """Start everything; raises ConfigError. *on_message* hears what the chat is told."""
        try:
            await self._start(on_message)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop everything, the last first."""
        await self._closing.aclose()

    async def _start(self, on_message: Callable[[Told], None]) -> None:
        site = self._site
        site.make_folder()
        self._closing.enter_context(running_alone(site.root))
        site.prepare(self.account)
        initialise(site.state)
        ssh, web = _free(self._ports.ssh), _free(self._ports.web)
        self.url = f"http://127.0.0.1:{web}"
        issuer = await self._start_provider()
        chat = DemoChat(site.chat_secret.read_bytes().strip(), on_message)
        await chat.start()
        self._closing.push_async_callback(chat.stop)
        await self._start_host()
        site.write_config(ssh=ssh, web=web, issuer=issuer, chat=chat.url)
        bastion = Bastion(load(site.config), self._clock)
        await bastion.start()
        self._closing.push_async_callback(bastion.stop)

    async def _start_provider(self) -> str:
        provider = DemoProvider(
            self._site.root / "provider",
            clock=self._clock,
            redirect_uris=[f"{self.url}/login/callback"],
            port=self._ports.provider,
        )
        try:
            issuer = await provider.start()
        except OSError as error:
            raise _taken("the demo identity provider", self._ports.provider, error) from error
        self._closing.push_async_callback(provider.stop)
        self.password = provider.password
        return issuer

    async def _start_host(self) -> None:
        access_ca = self._site.state.access_ca.with_suffix(".pub")
        folder, port = self._site.root / "host", _free(self._ports.host)
        host: Sshd | LocalHost
        if find_sshd() and shutil.which("ssh-keygen"):
            host, self.host_kind = Sshd(folder, access_ca, port), "OpenSSH's sshd"
        else:
            host = LocalHost(folder, access_ca, port, self.account, self._shell)
            self.host_kind = "a small SSH host (install openssh-server for a real one)"
        try:
            await host.start()
        except OSError as error:
            raise _taken("the demo host", port, error) from error
        self._closing.push_async_callback(host.stop)
        self._site.write_hosts(port, host.host_key)


def _free(port: int) -> int:
    """*port*, or a free one for 0; raises ConfigError where somebody listens there."""
    try:
        with socket.create_server(("127.0.0.1", port)) as probe:
            found: int = probe.getsockname()[1]
            return found
    except OSError as error:
        raise _taken("the demo", port, error) from error


def _taken(who: str, port: int, error: OSError) -> ConfigError:
    return ConfigError(
        f"{who} cannot listen on 127.0.0.1 port {port}: {reason(error)}; "
        "choose another: `bastion quickstart --help` shows the options"
    )
