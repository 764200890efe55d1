"""Logs in: from the provider's ID token to a certificate that ssh can use.

    the bastion tells about itself → the provider signs the person in → the token is verified →
    a new key is made → the bastion certifies it → agent or files → what ssh needs to know

What always holds: the key is made for this login and leaves this machine never; the certificate is
used only if it is for that key, valid now and for the account. What it does not do: show anything;
the caller is told what to show.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass

import asyncssh
import httpx
from asyncssh.public_key import CERT_TYPE_USER, SSHOpenSSHCertificate
from pydantic import ValidationError

from bastion.ca.certificate import facts
from bastion.client import agent
from bastion.client.folder import Folder
from bastion.client.loopback import Loopback
from bastion.client.server import About, Granted, Server
from bastion.client.sshconfig import known_hosts, ssh_config
from bastion.clock import Clock
from bastion.config import Oidc, explain
from bastion.errors import ClientError, TokenError
from bastion.oidc.code_flow import CodeFlow
from bastion.oidc.device_flow import DeviceCode, DeviceFlow
from bastion.oidc.id_token import verify
from bastion.oidc.provider import Provider

_BROWSER_SECONDS = 300.0
_SKEW_SECONDS = 300


@dataclass(frozen=True)
class Shown:
    """How the caller tells the person what to do.

    Attributes:
        device: shows the URL and the code of a device login.
        browser: opens the URL of a browser login.
    """

    device: Callable[[DeviceCode], None]
    browser: Callable[[str], None]


@dataclass(frozen=True)
class LoggedIn:
    """A login that succeeded.

    Attributes:
        in_agent: the key is in ssh-agent, else in a file.
    """

    granted: Granted
    in_agent: bool


async def log_in(
    server: Server,
    folder: Folder,
    http: httpx.AsyncClient,
    clock: Clock,
    shown: Shown,
    *,
    use_browser: bool,
    agent_socket: str,
) -> LoggedIn:
    """Log in; raises ClientError."""
    about = await server.about()
    provider = _provider(about, http, clock)
    try:
        token = await (_by_browser if use_browser else _by_device)(provider, clock, shown)
    except TokenError as error:
        raise ClientError(str(error)) from error
    key = asyncssh.generate_private_key("ssh-ed25519", "bastion login")
    granted = await server.certify(token, key.export_public_key().decode().strip())
    certificate = _checked(granted, key, clock)
    seconds = max(1, granted.valid_before - int(clock.now()))
    folder.make()
    in_agent = await agent.add(agent_socket, key, certificate, seconds)
    await agent.remove(agent_socket, folder.public_key, folder.certificate)
    _keep(folder, key, certificate, in_agent=in_agent)
    remember(folder, server.url, about, granted)
    return LoggedIn(granted, in_agent)


def remember(folder: Folder, url: str, about: About, granted: Granted, login: str = "") -> None:
    """Write what ssh, and the next login, need to know; raises ClientError."""
    memory = {"url": url, "account": granted.principals[0], "about": about.model_dump()}
    folder.write(folder.memory, json.dumps(memory, indent=2) + "\n")
    folder.write(folder.known_hosts, known_hosts(about))
    folder.write(folder.ssh_config, ssh_config(about, folder, granted.principals[0], login))


def _provider(about: About, http: httpx.AsyncClient, clock: Clock) -> Provider:
    try:
        settings = Oidc(issuer=about.issuer, client_id=about.client_id, scopes=about.scopes)
    except ValidationError as error:
        raise ClientError(f"the bastion names an unusable provider: {explain(error)}") from error
    return Provider(settings, http, clock)


async def _by_device(provider: Provider, clock: Clock, shown: Shown) -> str:
    flow = DeviceFlow(provider, clock)
    code = await flow.start()
    shown.device(code)
    token = await flow.poll(code)
    await verify(provider, token)
    return token


async def _by_browser(provider: Provider, _clock: Clock, shown: Shown) -> str:
    loopback, flow = Loopback(), CodeFlow(provider)
    try:
        begun = await flow.begin(await loopback.start())
        shown.browser(begun.url)
        async with asyncio.timeout(_BROWSER_SECONDS):
            told = await loopback.answer(begun.matches)
    except TimeoutError as error:
        raise ClientError("the browser did not come back in time; try again") from error
    finally:
        loopback.close()
    if "code" not in told:
        raise ClientError("the identity provider refused the login")
    token = await flow.finish(told["code"], begun)
    await verify(provider, token, nonce=begun.nonce)
    return token


def _checked(granted: Granted, key: asyncssh.SSHKey, clock: Clock) -> SSHOpenSSHCertificate:
    """The certificate, if it is what we asked for; raises ClientError."""
    try:
        certificate = asyncssh.import_certificate(granted.certificate)
    except (asyncssh.KeyImportError, ValueError) as error:
        raise ClientError("the bastion's certificate cannot be read") from error
    if not isinstance(certificate, SSHOpenSSHCertificate):
        raise ClientError("the bastion's certificate is of the wrong kind")
    stated, now = facts(certificate), clock.now()
    is_ours = certificate.key.public_data == key.public_data
    is_current = stated.valid_after <= now + _SKEW_SECONDS and now < stated.valid_before
    if not is_ours or certificate._cert_type != CERT_TYPE_USER:  # noqa: SLF001  no public door
        raise ClientError("the bastion's certificate is not for the key that was sent")
    if not is_current:
        raise ClientError("the bastion's certificate is not valid now; check this machine's clock")
    return certificate


def _keep(
    folder: Folder, key: asyncssh.SSHKey, certificate: SSHOpenSSHCertificate, *, in_agent: bool
) -> None:
    """Put the new key in the old one's place; its private half only where no agent has it."""
    folder.remove(folder.key, folder.certificate)
    if not in_agent:
        folder.write(folder.key, key.export_private_key().decode())
    folder.write(folder.public_key, key.export_public_key().decode())
    folder.write(folder.certificate, certificate.export_certificate().decode())
