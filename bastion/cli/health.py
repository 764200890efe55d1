"""`bastion health`: asks the bastion of this machine whether it can work.

What always holds: nothing of the server is imported, for a container asks every few seconds. What
it does not do: look at the store itself.
"""

import ssl

import httpx

from bastion.cli.options import ConfigOption, configuration
from bastion.cli.output import note, stop
from bastion.config import Web
from bastion.errors import cause

_HEALTH_SECONDS = 5.0


def health(config: ConfigOption = None) -> None:
    """Ask the running bastion whether it can work; exit code 1 if not (for health checks).

    For example:

        bastion health --config /etc/bastion/config.toml
    """
    web = configuration(config).web
    url = _health_url(web)
    try:
        answer = httpx.get(
            url,
            headers={"Host": web.url.partition("://")[2].partition("/")[0]},
            # It is asked on this machine, under a name that its certificate need not have.
            verify=_unverified() if web.tls_certificate else True,
            timeout=_HEALTH_SECONDS,
            trust_env=False,
        )
    except httpx.HTTPError as error:
        stop(
            f"the bastion does not answer at {url}: {cause(error)}; is `bastion serve` running with"
            " this configuration? its log says why not"
        )
    if not answer.is_success:
        stop("the bastion answers, but cannot work: its store fails; its log says why")
    note("ok")


def _health_url(web: Web) -> str:
    """Where the bastion of this machine answers; a server of every address answers on loopback."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(web.listen.host, web.listen.host)  # noqa: S104  a comparison
    host = f"[{host}]" if ":" in host else host
    scheme = "https" if web.tls_certificate else "http"
    return f"{scheme}://{host}:{web.listen.port}/healthz"


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
