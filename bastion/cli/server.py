"""The operator's commands: serve, init, config check.

What always holds: a configuration that cannot be used is named with file and key before anything
is started. What it does not do: stop a running bastion; signals do.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import typer

from bastion.cli.options import ConfigOption, configuration
from bastion.cli.output import counted, note
from bastion.cli.rules import counted_rules
from bastion.clock import SystemClock
from bastion.config import Config
from bastion.errors import ConfigError, cause, unusable
from bastion.policy import current
from bastion.serve import logs
from bastion.serve.initialise import initialise
from bastion.serve.messengers import messengers
from bastion.serve.run import serve as serve_until_signal
from bastion.state import State

config_app = typer.Typer(no_args_is_help=True)


@config_app.callback()
def config_() -> None:
    """Check the configuration.

    For example:

        bastion config check && systemctl restart bastion
    """


def serve(config: ConfigOption = None) -> None:
    """Run the bastion: SSH, web pages, approvals. SIGHUP reads rules and CA keys again.

    For example:

        bastion serve --config /etc/bastion/config.toml
    """
    settings = configuration(config)
    _use_files(settings)
    logs.configure()
    asyncio.run(serve_until_signal(settings, _say))


def init(config: ConfigOption = None) -> None:
    """Make the state directory: CAs, host key, record key, secrets. What exists stays.

    For example:

        bastion init --config /etc/bastion/config.toml
    """
    settings = configuration(config)
    state = State(settings.state_dir)
    made = initialise(state, settings.ca)
    note(
        f"{state.root}: made {', '.join(made)}." if made else f"{state.root}: nothing was missing."
    )
    note("Hosts have to trust the host-access CA (TrustedUserCAKeys in sshd_config):")
    typer.echo(state.access_ca.with_suffix(".pub").read_text().strip())


@config_app.command("check")
def check(config: ConfigOption = None) -> None:
    """Read the configuration and everything it names; exit code 1 with file and key if not good.

    For example:

        bastion config check --config /etc/bastion/config.toml
    """
    settings = configuration(config)
    _use_files(settings)
    rules = current.load(settings)
    hosts = counted(len(list(rules.inventory)), "host")
    for id_ in rules.access.unapprovable:
        place = rules.access.places[id_]
        note(f"warning: {place}: nobody may approve {id_}; name approvers there or in [approval]")
    note(f"good: {hosts}, {counted_rules(rules.access, rules.commands)}")


def _use_files(settings: Config) -> None:
    """Open every file that *settings* name; raises ConfigError, which names the file."""
    web, oidc = settings.web, settings.oidc
    messengers(settings.chat, httpx.AsyncClient(), SystemClock())
    for issuer in (oidc, *oidc.more):
        if issuer.client_secret_file:
            with _naming("oidc.client_secret_file", issuer.client_secret_file):
                issuer.client_secret_file.read_bytes()
        if issuer.ca_file:
            with _naming("oidc.ca_file", issuer.ca_file):
                ssl.create_default_context(cafile=str(issuer.ca_file))
    if web.tls_certificate and web.tls_key:
        with _naming("web.tls_certificate", web.tls_certificate):
            web.tls_certificate.read_bytes()
        with _naming("web.tls_key", web.tls_key):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(web.tls_certificate, web.tls_key, password=_no_password)


@contextlib.contextmanager
def _naming(key: str, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:  # an ssl.SSLError is one
        why = cause(error) if isinstance(error, ssl.SSLError) else unusable(error)
        raise ConfigError(f"{key}: {path}: {why}") from error


def _no_password() -> str:
    """What OpenSSL is told instead of asking the terminal."""
    return ""


def _say(line: str) -> None:
    typer.echo(line)
