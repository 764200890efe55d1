"""Identity providers to test against: the demo one, and canaille, a stranger's.

async with demo_provider(folder) as idp:            # real HTTP on a port of its own
    idp.issuer, idp.client_id, idp.password

settings = register(iam_server, redirect_uri, "alice")            # pytest-iam's fixture
"""

import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from bastion.clock import Clock, SystemClock
from bastion.config import Oidc
from bastion.demo.identity_provider.server import DemoProvider

RunningProvider = DemoProvider
CALLBACK = "http://127.0.0.1:33333/callback"
# Canaille does not decode the halves of a Basic header, as RFC 6749 wants: nothing to encode.
SECRET = "canaille-client-secret"


@contextlib.asynccontextmanager
async def demo_provider(
    folder: Path,
    *,
    redirect_uris: Sequence[str] = (),
    clock: Clock | None = None,
    interval: int = 1,
) -> AsyncIterator[RunningProvider]:
    """A demo provider that listens on a port of its own, with its secrets in *folder*."""
    provider = DemoProvider(
        folder,
        redirect_uris=redirect_uris,
        clock=clock or SystemClock(),
        interval=interval,
    )
    await provider.start()
    try:
        yield provider
    finally:
        await provider.stop()


def settings_for(provider: RunningProvider, **more: Any) -> Oidc:
    """The configuration of a bastion that trusts *provider*."""
    return Oidc(issuer=provider.issuer, client_id=provider.client_id, **more)


def register(iam: Any, redirect_uri: str, name: str, *, has_audience: bool = True) -> Oidc:
    """A user *name* of two groups, signed in, and a client at canaille; how to reach it.

    The server lives as long as the test run, so each test takes another name. Canaille's ID tokens
    have no aud unless the client names itself as its audience.
    """
    models, backend = iam.models, iam.backend
    user = models.User(
        user_name=name, family_name="A", emails=[f"{name}@example.test"], password="correct horse"
    )
    backend.save(user)
    for group in ("gpu-admins", "ml-eng"):
        backend.save(models.Group(display_name=f"{name}-{group}", members=[user]))
    client = models.Client(
        client_id=f"bastion-{name}",
        client_secret=SECRET,
        client_name="bastion",
        contacts=["a@example.test"],
        redirect_uris=[redirect_uri],
        grant_types=["authorization_code"],
        response_types=["code"],
        token_endpoint_auth_method="client_secret_basic",
        scope=["openid", "email", "profile", "groups"],
        id_token_signed_response_alg="RS256",
    )
    backend.save(client)
    if has_audience:
        client.audience = [client]
        backend.save(client)
    iam.login(user)
    iam.consent(user)
    return Oidc(issuer=iam.url.rstrip("/"), client_id=f"bastion-{name}")
