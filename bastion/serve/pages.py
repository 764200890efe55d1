"""Puts the web application together.

What always holds: the pages and the API share the store, the audit log and the provider of this
process. What it does not do: listen.
"""

from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from bastion.approval.link import Links
from bastion.audit.log import AuditLog
from bastion.ca.authorities import Authorities
from bastion.ca.issue import UserAuthority
from bastion.clock import Clock
from bastion.config import Config
from bastion.config.issuers import Issuer
from bastion.errors import ConfigError, unusable
from bastion.locks.book import LockBook
from bastion.oidc.trust import Trust
from bastion.policy.current import Current
from bastion.serve.initialise import load_secret
from bastion.state import State
from bastion.store.rows import Request
from bastion.store.worker import StoreWorker
from bastion.web import health
from bastion.web.app import create_app
from bastion.web.approvals import Approvals
from bastion.web.certificates import CertificateApi
from bastion.web.doors import doors
from bastion.web.pages import Pages
from bastion.web.signin import SignIn


def web_application(
    config: Config,
    *,
    current: Current,
    links: Links,
    trust: Trust,
    store: StoreWorker,
    audit: AuditLog,
    clock: Clock,
    authorities: Authorities,
) -> Any:
    """The ASGI application; raises ConfigError."""
    state, pages, locks = State(config.state_dir), Pages(), LockBook(store, clock)
    sign_in = SignIn(
        config.web,
        doors=doors(trust, _client_secret),
        locks=locks,
        store=store,
        audit=audit,
        clock=clock,
        pages=pages,
        relevant=_relevant_groups(config, current),
    )
    approvals = Approvals(
        config.web,
        links=links,
        locks=locks,
        store=store,
        audit=audit,
        clock=clock,
        pages=pages,
        opens=_opens(current),
    )
    authority = UserAuthority(
        authorities.user,
        clock,
        lifetime_seconds=config.certificates.lifetime_seconds,
        allow_pty=config.certificates.allow_pty,
        pin_source_address=config.certificates.pin_source_address,
    )
    certificates = CertificateApi(
        lambda: about(config, authorities.host.lines(clock.now())),
        trust=trust,
        authority=authority,
        locks=locks,
        store=store,
        audit=audit,
        clock=clock,
    )
    routes = [
        *sign_in.routes(),
        *approvals.routes(),
        *certificates.routes(),
        *health.routes(store),
    ]
    return create_app(config.web, load_secret(state.web_secret), pages, routes)


def about(config: Config, host_cas: Sequence[str]) -> dict[str, Any]:
    """What `GET /.well-known/bastion` tells clients (docs/PROTOCOL.certificate)."""
    return {
        "version": version("bastion"),
        "issuer": config.oidc.issuer,
        "client_id": config.oidc.client_id,
        "scopes": list(config.oidc.scopes),
        "issuers": [_issuer(found) for found in (config.oidc, *config.oidc.more)],
        "ssh": {
            "host": config.ssh.public_host or urlsplit(config.web.url).hostname,
            "port": config.ssh.public_port or config.ssh.listen.port,
            "name": config.ssh.name,
            "host_patterns": list(config.ssh.host_patterns),
        },
        "host_ca": host_cas[0],
        "host_cas": list(host_cas),
    }


def _issuer(settings: Issuer) -> dict[str, Any]:
    return {
        "name": settings.name,
        "issuer": settings.issuer,
        "client_id": settings.client_id,
        "scopes": list(settings.scopes),
        "userinfo": settings.userinfo_groups,
        "loopback_port": settings.loopback_port,
    }


def _relevant_groups(config: Config, current: Current) -> Callable[[], frozenset[str]]:
    """The groups that may decide, by the configuration or by a rule in force."""

    def relevant() -> frozenset[str]:
        by_rules = (rule.value.approvers for rule in current.rules.commands.rules)
        by_access = current.rules.access.approvers
        return frozenset(config.approval.approvers).union(by_access, *by_rules)

    return relevant


def _opens(current: Current) -> Callable[[Request], int]:
    """How long an approval of a request would open by the rules in force."""

    def opens(request: Request) -> int:
        target = current.rules.inventory.find(request.target)
        return current.rules.access.counts_for(request.approvers, target) if target else 0

    return opens


def _client_secret(settings: Issuer) -> str:
    path = settings.client_secret_file
    if path is None:
        return ""
    try:
        return path.read_text().strip()
    except OSError as error:
        raise ConfigError(f"{path}: {unusable(error)}") from error
