"""Logs in: from the provider's ID token to a certificate that ssh can use.

    the bastion tells about itself → the provider signs the person in → the token is verified →
    a new key is made → the bastion certifies it → agent or files → what ssh needs to know

What always holds: the key is made for this login and leaves this machine never; the certificate is
used only if it is for that key, valid now and for the account. What it does not do: show anything;
the caller is told what to show.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import httpx
from asyncssh.public_key import CERT_TYPE_USER, SSHOpenSSHCertificate
from pydantic import ValidationError

from bastion.ca.certificate import facts
from bastion.client import agent
from bastion.client.folder import Folder
from bastion.client.loopback import Loopback
from bastion.client.server import About, Granted, IssuerFacts, Server, is_account
from bastion.client.sshconfig import known_hosts, ssh_config
from bastion.clock import Clock
from bastion.config import explain
from bastion.config.issuers import Issuer
from bastion.errors import ClientError, TokenError
from bastion.oidc.code_flow import CodeFlow
from bastion.oidc.device_flow import DeviceCode, DeviceFlow
from bastion.oidc.id_token import verify
from bastion.oidc.provider import Provider
from bastion.oidc.tokens import Tokens

_BROWSER_SECONDS = 300.0
_SKEW_SECONDS = 300
_MAX_LIFE_SECONDS = 366 * 24 * 3600


@dataclass(frozen=True)
class Shown:
    """How the caller tells the person what to do.

    Attributes:
        device: shows the URL and the code of a device login.
        browser: opens the URL of a browser login.
    """

    device: Callable[[DeviceCode], None]
    browser: Callable[[str], None]


_Way = Callable[[Provider, Clock, Shown], Awaitable[Tokens]]
_ISSUER_KEYS = {"name", "issuer", "client_id", "scopes", "loopback_port"}


@dataclass(frozen=True)
class LoggedIn:
    """A login that succeeded.

    Attributes:
        in_agent: the key is in ssh-agent, else in a file.
        addresses: the only ones that the certificate is good from; empty where it is from all.
    """

    granted: Granted
    in_agent: bool
    addresses: tuple[str, ...] = ()


async def log_in(
    server: Server,
    folder: Folder,
    http: httpx.AsyncClient,
    clock: Clock,
    shown: Shown,
    *,
    use_browser: bool = False,
    agent_socket: str,
    issuer: str = "",
    id_token: str = "",
    pin_address: bool = False,
) -> LoggedIn:
    """Log in at *issuer* (its name or URL), or with an *id_token* at hand; raises ClientError."""
    about = await server.about()
    tokens = Tokens(id_token)
    if not id_token:
        way, chosen = _by_browser if use_browser else _by_device, about.issuer_called(issuer)
        if chosen.issuer == about.issuer:  # its people come back to the address without a name
            chosen = chosen.model_copy(update={"name": ""})
        tokens = await _signed_in(way, chosen, http, clock, shown)
    key = asyncssh.generate_private_key("ssh-ed25519", "bastion login")
    public_key = key.export_public_key().decode().strip()
    granted = await server.certify(
        tokens.id_token, public_key, tokens.access_token, pin_address=pin_address
    )
    certificate = _checked(granted, key, clock)
    if pin_address and not _addresses(certificate):
        raise ClientError("this bastion is too old to make a certificate for one address")
    files = {
        **_what_ssh_needs(folder, server.url, about, granted.principals[0]),
        folder.public_key: key.export_public_key().decode(),
        folder.certificate: certificate.export_certificate().decode(),
    }
    folder.make()
    stale = agent.identities(folder.public_key, folder.certificate)
    seconds = max(1, granted.valid_before - int(clock.now()))
    in_agent = await agent.add(agent_socket, key, certificate, seconds)
    try:
        private = {} if in_agent else {folder.key: key.export_private_key().decode()}
        folder.write_all({**private, **files})
    except ClientError:  # the old login stays, and the new key is nowhere
        await agent.remove(agent_socket, frozenset({key.public_data, certificate.public_data}))
        raise
    if in_agent:
        folder.remove(folder.key)
    await agent.remove(agent_socket, stale)
    return LoggedIn(granted, in_agent, _addresses(certificate))


def _addresses(certificate: SSHOpenSSHCertificate) -> tuple[str, ...]:
    networks = certificate.options.get("source-address")
    return tuple(map(str, networks)) if isinstance(networks, list) else ()


def _what_ssh_needs(folder: Folder, url: str, about: About, account: str) -> dict[Path, str]:
    """What ssh, and the next login, need to know; raises ClientError."""
    memory = {"url": url, "account": account, "about": about.model_dump()}
    return {
        folder.memory: json.dumps(memory, indent=2) + "\n",
        folder.known_hosts: known_hosts(about),
        folder.ssh_config: ssh_config(about, folder, account),
    }


async def _signed_in(
    way: _Way, chosen: IssuerFacts, http: httpx.AsyncClient, clock: Clock, shown: Shown
) -> Tokens:
    """The tokens of a sign-in; the access token only where the bastion asks for it."""
    try:
        settings = Issuer.model_validate(chosen.model_dump(include=_ISSUER_KEYS))
    except ValidationError as error:
        raise ClientError(f"the bastion names an unusable provider: {explain(error)}") from error
    try:
        tokens = await way(Provider(settings, http, clock), clock, shown)
    except TokenError as error:
        raise ClientError(str(error)) from error
    return tokens if chosen.userinfo else Tokens(tokens.id_token)


async def _by_device(provider: Provider, clock: Clock, shown: Shown) -> Tokens:
    flow = DeviceFlow(provider, clock)
    code = await flow.start()
    shown.device(code)
    tokens = await flow.poll(code)
    await verify(provider, tokens.id_token)
    return tokens


async def _by_browser(provider: Provider, _clock: Clock, shown: Shown) -> Tokens:
    settings, flow = provider.settings, CodeFlow(provider)
    loopback = Loopback(settings.loopback_port, settings.name)
    try:
        begun = await flow.begin(await loopback.start())
        shown.browser(begun.url)
        async with asyncio.timeout(_BROWSER_SECONDS):
            told = await loopback.answer(begun.matches)
    except TimeoutError as error:
        raise ClientError("the browser did not come back in time; try again") from error
    finally:
        loopback.close()
    if told.get("iss", settings.issuer) != settings.issuer:  # RFC 9207, where it is told
        raise ClientError("another identity provider answered than the one that was asked")
    if "code" not in told:
        raise ClientError("the identity provider refused the login")
    tokens = await flow.finish(told["code"], begun)
    await verify(provider, tokens.id_token, nonce=begun.nonce)
    return tokens


def _checked(granted: Granted, key: asyncssh.SSHKey, clock: Clock) -> SSHOpenSSHCertificate:
    """The certificate, if it is what we asked for; raises ClientError."""
    try:
        certificate = asyncssh.import_certificate(granted.certificate)
    except ValueError as error:
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
    if stated.valid_before > now + _MAX_LIFE_SECONDS:
        raise ClientError("the bastion's certificate has no end; it is not used")
    told = (list(granted.principals), granted.valid_before)
    if told != (list(certificate.principals), stated.valid_before):
        raise ClientError("the bastion's certificate is not what the bastion says it is")
    if not is_account(granted.principals[0]):
        raise ClientError("the bastion's certificate names an account that ssh cannot use")
    return certificate
