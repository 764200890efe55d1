"""The configuration: one frozen tree, documented under each field, read once from one TOML file.

What always holds: an unknown key or a value out of range stops the start and names the key;
relative paths are relative to the file; secrets are never values here but files named here.
`os.environ` is read nowhere in the product but at the bottom of this module. What it does not do:
open what it names.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from bastion.config.algorithms import Algorithms
from bastion.config.ca import CertificateAuthorities
from bastion.config.forwarding import Forwarding
from bastion.config.gate import Gate
from bastion.config.issuers import Oidc, Workload
from bastion.config.limits import Limits
from bastion.config.manners import Manners
from bastion.config.sealing import FileSealing, Sealing
from bastion.config.section import (
    WITHOUT_SLASH,
    Count,
    FilePath,
    Seconds,
    Section,
    is_loopback,
)
from bastion.errors import ConfigError


class Listen(Section):
    """A TCP address to listen on."""

    host: str
    """Address or host name to bind."""
    port: int = Field(ge=0, le=65535)
    """TCP port; 0 lets the system choose."""

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        return is_loopback(self.host)


class Ssh(Section):
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
    keepalive_seconds: Seconds = 15
    """Silence after which the peer is asked whether it is still there; it has three chances."""
    device_login: Literal["off", "link", "qr"] = "off"
    """Whether plain `ssh` without a certificate shows a link to sign in at an issuer and waits;
    with `qr` a QR code too, for terminals of 80 columns in UTF-8."""
    max_device_logins: Count = 32
    """Such sign-ins that may wait at once."""
    max_device_logins_by_address: Count = 3
    """Such sign-ins that may wait at once from one address."""
    max_certificate_seconds: Seconds = 24 * 3600
    """Certificates that live longer are refused, whoever signed them."""


class Web(Section):
    """`[web]`: approvals, login and the client's API."""

    listen: Listen = Listen(host="127.0.0.1", port=8080)
    """Where the web server listens. Without TLS only a loopback address is accepted."""
    url: Annotated[str, WITHOUT_SLASH] = "http://127.0.0.1:8080"
    """How people reach it; links and the redirect URI `URL/login/callback` are made from it."""
    tls_certificate: FilePath | None = None
    """PEM file with the certificate chain."""
    tls_key: FilePath | None = None
    """PEM file with the private key."""
    session_seconds: Seconds = 3600
    """How long an approver stays signed in."""

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


class Certificates(Section):
    """`[certificates]`: what `bastion login` gives."""

    lifetime_seconds: Seconds = 8 * 3600
    """How long a certificate opens new sessions; a running session has its own limit."""
    allow_pty: bool = True
    """Whether certificates carry permit-pty."""
    pin_source_address: bool = False
    """Whether a certificate is good only from the address that asked for it (source-address)."""
    end_sessions: bool = False
    """Whether a connection ends with its certificate; else the sessions in it go on."""


class Upstream(Section):
    """`[upstream]`: how hosts are reached."""

    certificate_seconds: Seconds = 120
    """Life of the certificate that opens an upstream connection."""
    source_addresses: tuple[str, ...] = ()
    """Addresses (CIDR) the bastion dials from; pinned into that certificate when given."""
    connect_seconds: Seconds = 10
    """How long a host may take to answer."""
    sealing: Sealing = FileSealing()
    """What stored keys and passwords are sealed with (docs/hosts.md); a table
    `[upstream.sealing]`, its keys depend on `custody`: `file`, `pkcs11` or `openbao`."""
    sealing_before: tuple[Sealing, ...] = ()
    """What they were sealed with before and still open with, as tables
    `[[upstream.sealing_before]]`, until `bastion keys reseal`."""


class Commands(Section):
    """`[commands]`: parsing and judging."""

    parse_milliseconds: Count = 250
    """How much processor time parsing one command may take; over it, the command is opaque."""
    workers: Count = 2
    """Parser processes."""
    max_bytes: Count = 16 * 1024
    """Longer commands are opaque."""
    script_bytes: Count = 512 * 1024
    """How much of a script that comes by standard input (`ssh HOST bash < script`) is read and
    judged at once; of a longer one each part counts as `script-part`."""
    profile: Literal["guardrail", "protected", "locked"] = "guardrail"
    """What becomes of commands that no rule speaks of, where the grant does not say: they run,
    those that cannot be seen into are held, or only listed ones run; docs/rules.md."""


class Files(Section):
    """`[files]`: transfers by sftp, scp and rsync; docs/files.md."""

    copy_max_bytes: int = Field(default=0, ge=0)
    """Files up to this size are copied beside the recording as they are carried; 0 for none."""


class Approval(Section):
    """`[approval]`: held commands, and access that needs an approval."""

    timeout_seconds: Seconds = 300
    """A request that nobody decides by then is denied."""
    approvers: tuple[str, ...] = ()
    """Groups that may approve where the rule names none; empty: nobody may."""


class Chat(Section):
    """`[chat]`: where approvers are told."""

    webhook_url: str | None = None
    """Receives each request as JSON by POST."""
    webhook_secret_file: FilePath | None = None
    """Key of the HMAC-SHA256 in the header `X-Bastion-Signature`."""
    apprise_urls_file: FilePath | None = None
    """File of Apprise URLs, one a line (they hold secrets, so they are not written here)."""


class Config(Section):
    """The whole file."""

    state_dir: FilePath = Field(validate_default=True, default=Path("/var/lib/bastion"))
    """Keys, the store and recordings; readable only by the bastion's own user."""
    rules_dir: FilePath = Field(validate_default=True, default=Path("rules"))
    """Folder with access.toml and commands/*.toml."""
    hosts_file: FilePath = Field(validate_default=True, default=Path("hosts.toml"))
    """The inventory: a file, or a folder whose `*.toml` files are read as one."""
    ssh: Ssh = Ssh()
    manners: Manners = Manners()
    limits: Limits = Limits()
    algorithms: Algorithms = Algorithms()
    web: Web = Web()
    oidc: Oidc
    workload: tuple[Workload, ...] = ()
    """Jobs and agents that log in with tokens of their own, as tables `[[workload]]`."""
    certificates: Certificates = Certificates()
    ca: CertificateAuthorities = CertificateAuthorities()
    upstream: Upstream = Upstream()
    forwarding: Forwarding = Forwarding()
    commands: Commands = Commands()
    gate: Gate = Gate()
    files: Files = Files()
    approval: Approval = Approval()
    chat: Chat = Chat()

    @model_validator(mode="after")
    def _outsiders_are_nobody_else(self) -> Self:
        ours = {issuer.name for issuer in (self.oidc, *self.oidc.more)}
        ours |= {rule.name for rule in self.workload}
        if ours & {outside.name for outside in self.ca.outside}:
            raise ValueError("ca.outside: the name is one of an issuer or a workload")
        return self

    @model_validator(mode="after")
    def _jobs_are_not_people(self) -> Self:
        issuers = (self.oidc, *self.oidc.more)
        names = [issuer.name for issuer in issuers if issuer.name]
        names += [rule.name for rule in self.workload] + [ca.name for ca in self.ca.outside]
        if len(set(names)) < len(names):
            raise ValueError("workload, oidc.more, ca.outside: every one needs a name of its own")
        people = {(issuer.issuer, issuer.client_id) for issuer in issuers}
        if any((rule.issuer, rule.audience) in people for rule in self.workload):
            raise ValueError("workload: the audience is the client_id that people log in with")
        return self


def load(path: Path) -> Config:
    """The configuration in the TOML file at *path*; raises ConfigError, which names the key."""
    try:
        tree = tomli.loads(path.read_text())
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; --config names another file") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8") from error
    except tomli.TOMLDecodeError as error:
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
    credentials_directory: Path | None = None
    """`CREDENTIALS_DIRECTORY`: where systemd puts the credentials of the service."""
    no_color: bool = False
    """`NO_COLOR`: colours off."""


def environment(variables: Mapping[str, str] = os.environ) -> Environment:
    """The environment that commands look at."""
    return Environment(
        config=Path(variables.get("BASTION_CONFIG", "/etc/bastion/config.toml")),
        agent_socket=variables.get("SSH_AUTH_SOCK", ""),
        credentials_directory=_path_or_none(variables.get("CREDENTIALS_DIRECTORY", "")),
        no_color=bool(variables.get("NO_COLOR")),
    )


def _path_or_none(text: str) -> Path | None:
    return Path(text) if text else None
