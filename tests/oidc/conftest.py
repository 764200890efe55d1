"""A provider in this process whose every answer a test can choose, and tokens good and bad."""

import json
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bastion.config import Oidc
from bastion.oidc.provider import Provider

ISSUER = "https://idp.test"
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_RSA_KEY = rsa.generate_private_key(65537, 2048)
ED_KEY = ed25519.Ed25519PrivateKey.generate()


def jwk(key: Any, kid: str | None = None, **more: Any) -> dict[str, Any]:
    """The public half of *key* as a JWK."""
    public = key.public_key()
    kind = {"RSA": RSAAlgorithm, "EC": ECAlgorithm, "Ed": OKPAlgorithm}
    algorithm = next(kind[name] for name in kind if type(public).__name__.startswith(name))
    made = dict(algorithm.to_jwk(public, as_dict=True), **more)
    made.pop("key_ops", None) if "key_ops" not in more else None
    return made if kid is None else {**made, "kid": kid}


class FakeIssuer:
    """Serves what it is told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/jwks",
            "device_authorization_endpoint": f"{ISSUER}/device_authorization",
        }
        self.keys: Any = {"keys": [jwk(RSA_KEY, "rsa-1"), jwk(EC_KEY, "ec-1")]}
        self.answers: list[Response | Exception] = []
        self.paths: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.authorizations: list[str | None] = []
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._serve_document),
                Route("/jwks", self._serve_keys),
                Route("/{path:path}", self._answer, methods=["GET", "POST"]),
            ]
        )

    def will_answer(self, *answers: dict[str, Any] | Exception) -> None:
        """Answer the next forms with these; an `error` in one makes it HTTP 400."""
        for answer in answers:
            if isinstance(answer, Exception):
                self.answers.append(answer)
            else:
                self.answers.append(JSONResponse(answer, 400 if "error" in answer else 200))

    async def _serve_document(self, request: Request) -> Response:
        self.paths.append(request.url.path)
        return JSONResponse(self.document)

    async def _serve_keys(self, request: Request) -> Response:
        self.paths.append(request.url.path)
        return JSONResponse(self.keys)

    async def _answer(self, request: Request) -> Response:
        self.paths.append(request.url.path)
        self.forms.append(dict(await request.form()))
        self.authorizations.append(request.headers.get("authorization"))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def issuer():
    return FakeIssuer()


@pytest.fixture
async def http(issuer):
    transport = httpx.ASGITransport(issuer.app)
    async with httpx.AsyncClient(transport=transport) as client:
        yield client


@pytest.fixture
def settings():
    return Oidc(issuer=ISSUER, client_id="bastion")


@pytest.fixture
def provider(settings, http, clock):
    return Provider(settings, http, clock)


def good_claims(now: float, **changes: Any) -> dict[str, Any]:
    """The claims of a good token, with *changes*."""
    now = int(now)
    good = {
        "iss": ISSUER,
        "aud": "bastion",
        "sub": "248289761001",
        "iat": now - 5,
        "exp": now + 300,
        "preferred_username": "alice",
        "groups": ["engineers", "GPU admins"],
        "nonce": "n-0S6_WzA2Mj",
    }
    return good | changes


@pytest.fixture
def claims(clock):
    """The claims of a good token."""
    return good_claims(clock.now())


def signed(claims: Any, key: Any = RSA_KEY, algorithm: str = "RS256", **headers: Any) -> str:
    """*claims* as a token by *key*; a header that is None is left out."""
    given = {"kid": "rsa-1", **headers}
    return jwt.api_jws.encode(
        claims if isinstance(claims, bytes) else json.dumps(claims).encode(),
        key,
        algorithm=algorithm,
        headers={name: value for name, value in given.items() if value is not None},
    )
