"""The operator's commands: serve, init, health, config check.

What always holds: a configuration that cannot be used is named with file and key before anything
is started. What it does not do: stop a running bastion; signals do.
"""

import asyncio
import ssl
from pathlib import Path
from typing import Annotated

import httpx
import typer

from bastion.cli.output import note, stop
from bastion.config import Config, environment, load
from bastion.policy import current
from bastion.serve import logs
from bastion.serve.initialise import initialise
from bastion.serve.run import serve as serve_until_signal
from bastion.state import State

_HEALTH_SECONDS = 5.0

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        help="The configuration file; else $BASTION_CONFIG or /etc/bastion/config.toml.",
    ),
]
config_app = typer.Typer(help="Check the configuration.", no_args_is_help=True)


def configuration(path: Path | None) -> Config:
    """The configuration that a command works with; raises ConfigError."""
    return load(path or environment().config)


def serve(config: ConfigOption = None) -> None:
    r"""Run the bastion: SSH, web pages, approvals. SIGHUP reads the rules again.

    \b
    bastion serve --config /etc/bastion/config.toml
    """
    settings = configuration(config)
    logs.configure()
    asyncio.run(serve_until_signal(settings, _say))


def init(config: ConfigOption = None) -> None:
    r"""Make the state directory: CAs, host key, record key, secrets. What exists stays.

    \b
    bastion init --config /etc/bastion/config.toml
    """
    state = State(configuration(config).state_dir)
    made = initialise(state)
    note(
        f"{state.root}: made {', '.join(made)}." if made else f"{state.root}: nothing was missing."
    )
    note("Hosts have to trust the host-access CA (TrustedUserCAKeys in sshd_config):")
    typer.echo(state.access_ca.with_suffix(".pub").read_text().strip())


def health(config: ConfigOption = None) -> None:
    """Ask the running bastion whether it can work; exit code 1 if not (for health checks)."""
    web = configuration(config).web
    scheme = "https" if web.tls_certificate else "http"
    host = web.listen.host if web.listen.is_loopback else "127.0.0.1"
    try:
        answer = httpx.get(
            f"{scheme}://{host}:{web.listen.port}/healthz",
            headers={"Host": web.url.partition("://")[2].partition("/")[0]},
            # It is asked on this machine, under a name that its certificate need not have.
            verify=_unverified() if web.tls_certificate else True,
            timeout=_HEALTH_SECONDS,
            trust_env=False,
        )
    except httpx.HTTPError as error:
        stop(f"the bastion does not answer: {error}")
    if not answer.is_success:
        stop("the bastion answers, but cannot work: its store fails")
    note("ok")


@config_app.command("check")
def check(config: ConfigOption = None) -> None:
    r"""Read the configuration and everything it names; exit code 1 with file and key if not good.

    \b
    bastion config check --config /etc/bastion/config.toml
    """
    settings = configuration(config)
    rules = current.load(settings)
    note(
        f"good: {len(list(rules.inventory))} hosts, {len(rules.access.grants)} grants, "
        f"{len(rules.commands.rules)} command rules"
    )


def _say(line: str) -> None:
    typer.echo(line)


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
