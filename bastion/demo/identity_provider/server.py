"""Runs the demo provider on loopback.

What always holds: it never listens anywhere else, whatever it is told. What it does not do: outlive
`stop`.
"""

import ipaddress
from collections.abc import Sequence
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from bastion.clock import Clock
from bastion.demo.identity_provider.app import create_app
from bastion.demo.identity_provider.clients import CLIENT_ID
from bastion.demo.identity_provider.secrets_folder import prepare
from bastion.errors import ConfigError
from bastion.serve.webserver import WebServer


def check_loopback(host: str) -> None:
    """Raise ConfigError where *host* is not this machine alone: an address in 127.0.0.0/8.

    A name means what a resolver says, so not even localhost is taken; and ::1 is not, because
    neither the policy of a page nor Starlette's check of the host name can hold an IPv6 address.
    """
    try:
        is_loopback = ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise ConfigError(f"the demo identity provider listens on loopback only, not on {host!r}")


class DemoProvider:
    """A demo provider that listens; `issuer` is known once it started."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        redirect_uris: Sequence[str] = (),
        host: str = "127.0.0.1",
        port: int = 0,
        interval: int = 1,
    ) -> None:
        check_loopback(host)
        self._secrets = prepare(folder)
        self._clock, self._interval = clock, interval
        self._redirect_uris = tuple(redirect_uris)
        self._host = host
        self._app = _Later()
        self._server = WebServer(self._app, host, port)
        self.issuer = ""

    @property
    def client_id(self) -> str:
        """The one client that it knows."""
        return CLIENT_ID

    @property
    def password(self) -> str:
        """Of every demo account."""
        return self._secrets.password

    async def start(self) -> str:
        """Serve; the issuer. OSError where the address cannot be had."""
        port = await self._server.start()
        self.issuer = f"http://{self._host}:{port}"
        self._app.is_now = create_app(
            self._secrets,
            issuer=self.issuer,
            redirect_uris=self._redirect_uris,
            clock=self._clock,
            interval=self._interval,
        )
        return self.issuer

    async def stop(self) -> None:
        """Stop serving."""
        await self._server.stop()


class _Later:
    """An application that is made once its own address is known: an issuer holds its port."""

    def __init__(self) -> None:
        self.is_now: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; the lifespan of the server is nothing to us."""
        if self.is_now is None or scope["type"] == "lifespan":
            raise RuntimeError("the demo identity provider has not started")
        await self.is_now(scope, receive, send)
