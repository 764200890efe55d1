"""The endpoints that programs use: discovery, keys, device authorization, token and userinfo.

What always holds: a code is redeemed once, by the redirect URI and the verifier it was asked with,
and a wrong try spends it; an access token opens userinfo for five minutes and nothing else. What it
does not do: show a page.
"""

import base64
import hashlib
import hmac
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bastion.clock import Clock
from bastion.demo.identity_provider import tokens
from bastion.demo.identity_provider.accounts import Account
from bastion.demo.identity_provider.clients import CLIENT_ID, SCOPES
from bastion.demo.identity_provider.device_codes import LIFE_SECONDS, DeviceCodes
from bastion.demo.identity_provider.pages import bare, read_form
from bastion.demo.identity_provider.shelf import Shelf
from bastion.demo.identity_provider.sign_in import Granted
from bastion.oidc.device_flow import GRANT as DEVICE_GRANT

CODE_GRANT = "authorization_code"


class Endpoints:
    """The endpoints of one issuer."""

    def __init__(
        self,
        mint: tokens.Mint,
        codes: Shelf[Granted],
        devices: DeviceCodes,
        clock: Clock,
        *,
        issuer: str,
    ) -> None:
        self._mint = mint
        self._codes = codes
        self._devices = devices
        self._clock = clock
        self._issuer = issuer
        self._access: Shelf[tuple[Account, frozenset[str]]] = Shelf(clock, tokens.LIFE_SECONDS)

    def routes(self) -> list[Route]:
        """Where the endpoints are."""
        return [
            Route("/.well-known/openid-configuration", self.discovery, methods=["GET"]),
            Route("/jwks.json", self.keys, methods=["GET"]),
            Route("/device_authorization", self.start_device, methods=["POST"]),
            Route("/token", self.token, methods=["POST"]),
            Route("/userinfo", self.userinfo, methods=["GET", "POST"]),
        ]

    async def discovery(self, _request: Request) -> Response:
        """The discovery document."""
        return JSONResponse(
            {
                "issuer": self._issuer,
                "authorization_endpoint": f"{self._issuer}/authorize",
                "token_endpoint": f"{self._issuer}/token",
                "device_authorization_endpoint": f"{self._issuer}/device_authorization",
                "userinfo_endpoint": f"{self._issuer}/userinfo",
                "jwks_uri": f"{self._issuer}/jwks.json",
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": [CODE_GRANT, DEVICE_GRANT],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "token_endpoint_auth_methods_supported": ["none"],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": sorted(SCOPES),
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def keys(self, _request: Request) -> Response:
        """The public keys."""
        return JSONResponse(self._mint.public_keys())

    async def start_device(self, request: Request) -> Response:
        """A device code and the user code that belongs to it."""
        form = await read_form(request)
        if form.get("client_id") != CLIENT_ID:
            return _error("invalid_client", 401)
        scopes = frozenset(form.get("scope", "").split()) & SCOPES
        if "openid" not in scopes:
            return _error("invalid_scope")
        device_code, user_code = self._devices.start(scopes)
        uri = f"{self._issuer}/device"
        body = {
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": uri,
            "verification_uri_complete": f"{uri}?user_code={user_code}",
            "expires_in": LIFE_SECONDS,
            "interval": self._devices.interval,
        }
        return JSONResponse(body, headers=bare())

    async def token(self, request: Request) -> Response:
        """Tokens for a code, or for a device code that somebody let in."""
        form = await read_form(request)
        if form.get("client_id") != CLIENT_ID:
            return _error("invalid_client", 401)
        if form.get("grant_type") == CODE_GRANT:
            return self._redeem(form)
        if form.get("grant_type") == DEVICE_GRANT:
            polled = self._devices.poll(form.get("device_code", ""))
            return _error(polled) if isinstance(polled, str) else self._tokens(*polled, nonce="")
        return _error("unsupported_grant_type")

    async def userinfo(self, request: Request) -> Response:
        """The claims of whoever an access token stands for."""
        kind, _, name = request.headers.get("authorization", "").partition(" ")
        known = self._access.get(name.strip()) if kind.lower() == "bearer" else None
        if known is None:
            headers = bare({"WWW-Authenticate": 'Bearer error="invalid_token"'})
            return JSONResponse({"error": "invalid_token"}, 401, headers)
        return JSONResponse(tokens.person_claims(*known), headers=bare())

    def _redeem(self, form: dict[str, str]) -> Response:
        granted = self._codes.take(form.get("code", ""))
        if granted is None or granted.asked.redirect_uri != form.get("redirect_uri"):
            return _error("invalid_grant")
        if not _fits(form.get("code_verifier", ""), granted.asked.challenge):
            return _error("invalid_grant")
        return self._tokens(granted.account, granted.asked.scopes, nonce=granted.asked.nonce)

    def _tokens(self, account: Account, scopes: frozenset[str], *, nonce: str) -> Response:
        claims = tokens.id_token_claims(
            account,
            scopes,
            issuer=self._issuer,
            client_id=CLIENT_ID,
            nonce=nonce,
            now=self._clock.now(),
        )
        body: dict[str, Any] = {
            "token_type": "Bearer",
            "access_token": self._access.put((account, scopes)),
            "expires_in": tokens.LIFE_SECONDS,
            "id_token": self._mint.id_token(claims),
            "scope": " ".join(sorted(scopes)),
        }
        return JSONResponse(body, headers=bare())


def _fits(verifier: str, challenge: str) -> bool:
    digest = hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return hmac.compare_digest(made, challenge.encode())


def _error(code: str, status: int = 400) -> Response:
    return JSONResponse({"error": code}, status, bare())
