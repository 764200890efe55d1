"""The configuration: one frozen tree, documented under each field, read once from one TOML file.

What always holds: an unknown key or a value out of range stops the start and names the key;
relative paths are relative to the file; secrets are never values here but files named here.
`os.environ` is read nowhere in the product but at the bottom of this module. What it does not do:
open what it names.
"""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bastion.errors import ConfigError

Seconds = Annotated[int, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _relative_to_file(path: Path, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get("folder", Path())
    return Path(folder, path).absolute()


FilePath = Annotated[Path, AfterValidator(_relative_to_file)]


class _Section(BaseModel):
    """Frozen, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Listen(_Section):
    """A TCP address to listen on."""

    host: str
    """Address or host name to bind."""
    port: int = Field(ge=0, le=65535)
    """TCP port; 0 lets the system choose."""

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        return _is_loopback(self.host)


class Ssh(_Section):
    """`[ssh]`: the engineers' side."""

    listen: Listen = Listen(host="0.0.0.0", port=2222)  # noqa: S104  a bastion faces the network
    """Where engineers connect."""
    public_host: str = ""
    """Host name that engineers connect to; the host of `web.url` where empty."""
    public_port: int = Field(default=0, ge=0, le=65535)
    """Port that engineers connect to; that of `listen` where 0."""
    name: str = "bastion"
    """What `ssh` calls the bastion; the principal of its own host certificate."""
    host_patterns: tuple[str, ...] = ("*",)
    """Patterns of host names that clients send here (`Host` in ssh_config)."""
    login_seconds: Seconds = 60
    """How long a connection may take to authenticate."""
    max_auth_tries: Count = 6
    """Failed authentication requests a connection may make."""
    max_half_open: Count = 64
    """Connections that may be unauthenticated at once; the greediest address loses its oldest."""
    max_preauth_bytes: Count = 512 * 1024
    """Unread bytes an unauthenticated connection may make the bastion hold."""
    max_channels: Count = 32
    """Channels that a connection may have open at once."""
    keepalive_seconds: Seconds = 15
    """Silence after which the peer is asked whether it is still there; it has three chances."""
    max_certificate_seconds: Seconds = 24 * 3600
    """Certificates that live longer are refused, whoever signed them."""


class Web(_Section):
    """`[web]`: approvals, login and the client's API."""

    listen: Listen = Listen(host="127.0.0.1", port=8080)
    """Where the web server listens. Without TLS only a loopback address is accepted."""
    url: str = "http://127.0.0.1:8080"
    """How people reach it; links and the redirect URI `URL/login/callback` are made from it."""
    tls_certificate: FilePath | None = None
    """PEM file with the certificate chain."""
    tls_key: FilePath | None = None
    """PEM file with the private key."""
    session_seconds: Seconds = 3600
    """How long an approver stays signed in."""

    @field_validator("url")
    @classmethod
    def _no_trailing_slash(cls, url: str) -> str:
        return url.rstrip("/")

    @model_validator(mode="after")
    def _plain_http_only_on_loopback(self) -> Self:
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ValueError("tls_certificate and tls_key belong together")
        if not self.tls_certificate and not self.listen.is_loopback:
            raise ValueError(
                f"listen on {self.listen.host} needs tls_certificate and tls_key: "
                "plain HTTP is only served on loopback"
            )
        return self


class Oidc(_Section):
    """`[oidc]`: the identity provider."""

    issuer: str
    """Issuer identifier, as in the provider's discovery document."""
    client_id: str
    """Client id of the bastion and its command line client (a public client)."""
    client_secret_file: FilePath | None = None
    """File with the client secret, where the provider wants one for the web login."""
    scopes: tuple[str, ...] = ("openid", "profile", "email", "groups")
    """Scopes to ask for."""
    groups_claim: str = "groups"
    """Claim that lists the person's groups."""
    account_claim: str = "preferred_username"
    """Claim with the short name that becomes the certificate's principal; `sub` where absent."""
    clock_skew_seconds: int = Field(default=30, ge=0)
    """How far the provider's clock may be off."""
    max_token_age_seconds: Seconds = 900
    """ID tokens older than this are not exchanged for a certificate."""
    ca_file: FilePath | None = None
    """PEM file with the CA of the provider's TLS certificate; the system's where absent."""

    @field_validator("issuer")
    @classmethod
    def _https_or_loopback(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        is_plain = parts.scheme == "http" and _is_loopback(parts.hostname or "")
        if not parts.hostname or "@" in parts.netloc or not (parts.scheme == "https" or is_plain):
            raise ValueError("the issuer must use https (http only on loopback)")
        return issuer


class Certificates(_Section):
    """`[certificates]`: what `bastion login` gives."""

    lifetime_seconds: Seconds = 8 * 3600
    """How long a certificate opens new sessions; a running session has its own limit."""
    allow_pty: bool = True
    """Whether certificates carry permit-pty."""


class Upstream(_Section):
    """`[upstream]`: how hosts are reached."""

    certificate_seconds: Seconds = 120
    """Life of the certificate that opens an upstream connection."""
    source_addresses: tuple[str, ...] = ()
    """Addresses (CIDR) the bastion dials from; pinned into that certificate when given."""
    connect_seconds: Seconds = 10
    """How long a host may take to answer."""


class Commands(_Section):
    """`[commands]`: parsing and judging."""

    parse_milliseconds: Count = 250
    """How long parsing one command may take; over it, the command is opaque."""
    workers: Count = 2
    """Parser processes."""
    max_bytes: Count = 16 * 1024
    """Longer commands are opaque."""


class Approval(_Section):
    """`[approval]`: held commands."""

    timeout_seconds: Seconds = 300
    """A request that nobody decides by then is denied."""
    approvers: tuple[str, ...] = ()
    """Groups that may approve where the rule names none; empty: nobody may."""


class Chat(_Section):
    """`[chat]`: where approvers are told."""

    webhook_url: str | None = None
    """Receives each request as JSON by POST."""
    webhook_secret_file: FilePath | None = None
    """Key of the HMAC-SHA256 in the header `X-Bastion-Signature`."""
    apprise_urls_file: FilePath | None = None
    """File of Apprise URLs, one a line (they hold secrets, so they are not written here)."""


class Config(_Section):
    """The whole file."""

    state_dir: FilePath = Field(validate_default=True, default=Path("/var/lib/bastion"))
    """Keys, the store and recordings; readable only by the bastion's own user."""
    rules_dir: FilePath = Field(validate_default=True, default=Path("rules"))
    """Folder with access.toml and commands/*.toml."""
    hosts_file: FilePath = Field(validate_default=True, default=Path("hosts.toml"))
    """The inventory."""
    ssh: Ssh = Ssh()
    web: Web = Web()
    oidc: Oidc
    certificates: Certificates = Certificates()
    upstream: Upstream = Upstream()
    commands: Commands = Commands()
    approval: Approval = Approval()
    chat: Chat = Chat()


def load(path: Path) -> Config:
    """The configuration in the TOML file at *path*; raises ConfigError, which names the key."""
    try:
        tree = tomllib.loads(path.read_text())
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    return parse(tree, path)


def parse(tree: Mapping[str, Any], path: Path) -> Config:
    """The configuration in *tree*, with paths relative to the folder of *path*."""
    try:
        return Config.model_validate(tree, context={"folder": path.parent})
    except ValidationError as error:
        raise ConfigError(f"{path}: {explain(error)}") from error


def explain(error: ValidationError) -> str:
    """The first problem of a pydantic *error*, as `key: what is wrong`."""
    first = error.errors(include_url=False, include_context=False)[0]
    key = ".".join(str(part) for part in first["loc"]) or "(file)"
    words = {"extra_forbidden": "unknown key", "missing": "is missing"}
    return f"{key}: {words.get(first['type'], first['msg'].removeprefix('Value error, '))}"


class Environment(BaseModel):
    """What is read of the process's environment, once, when a command starts."""

    model_config = ConfigDict(frozen=True)

    config: Path = Path("/etc/bastion/config.toml")
    """`BASTION_CONFIG`: the server's configuration file."""
    agent_socket: str = ""
    """`SSH_AUTH_SOCK`: where ssh-agent listens."""
    no_color: bool = False
    """`NO_COLOR`: colours off."""


def environment(variables: Mapping[str, str] = os.environ) -> Environment:
    """The environment that commands look at."""
    return Environment(
        config=Path(variables.get("BASTION_CONFIG", "/etc/bastion/config.toml")),
        agent_socket=variables.get("SSH_AUTH_SOCK", ""),
        no_color=bool(variables.get("NO_COLOR")),
    )
