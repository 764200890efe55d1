"""Sign-in by a browser: authorization code with PKCE (RFC 7636), state and nonce.

Used by the web login and by `bastion login --browser`. The nonce is random and bound to nothing
else: the bastion cannot see which browser asked, so a nonce derived from a public key would prove
nothing more to it; that a token is used once is what stops a copy.

What always holds: each attempt has its own state, nonce and verifier of 256 random bits; the code
is redeemed only with the verifier and the redirect URI of that attempt. What it does not do: serve
the redirect, or check the token that comes back.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import quote_plus

import httpx

from bastion.errors import TokenError
from bastion.oidc.fetch import post_form
from bastion.oidc.metadata import Metadata
from bastion.oidc.provider import Provider
from bastion.oidc.tokens import Tokens


@dataclass(frozen=True)
class Begun:
    """A sign-in that a browser is sent off to do.

    Attributes:
        url: where the browser goes.
        state: comes back with the code; whoever serves the redirect checks it (`matches`).
        nonce: comes back inside the ID token.
        verifier: proves that whoever redeems the code is who began.
        redirect_uri: where the browser comes back to.
    """

    url: str
    state: str
    nonce: str
    verifier: str = field(repr=False)
    redirect_uri: str

    def matches(self, state: str) -> bool:
        """Whether a redirect with that *state* answers this attempt."""
        return hmac.compare_digest(self.state.encode(), state.encode("utf-8", "surrogatepass"))


class CodeFlow:
    """The authorization code flow with one provider."""

    def __init__(self, provider: Provider, *, client_secret: str = "") -> None:
        self._provider = provider
        self._secret = client_secret

    async def begin(self, redirect_uri: str, *, prompt: str = "") -> Begun:
        """A new attempt; *prompt* is OIDC's (`login` asks again even within a session)."""
        settings, metadata = self._provider.settings, await self._provider.metadata()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        asked = {
            "response_type": "code",
            "client_id": settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(settings.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
            **({"prompt": prompt} if prompt else {}),
        }
        url = httpx.URL(metadata.authorization_endpoint).copy_merge_params(asked)
        return Begun(str(url), state, nonce, verifier, redirect_uri)

    async def finish(self, code: str, begun: Begun) -> Tokens:
        """The raw tokens for *code*, not yet verified; TokenError where it is refused."""
        metadata = await self._provider.metadata()
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": begun.redirect_uri,
            "code_verifier": begun.verifier,
            **self._client_fields(metadata),
        }
        answer = await post_form(
            self._provider.http,
            metadata.token_endpoint,
            fields,
            headers=self._client_headers(metadata),
        )
        if not answer.text("id_token"):
            raise TokenError(f"the identity provider refused the sign-in: {answer.complaint()}")
        return Tokens.read(answer)

    def _client_fields(self, metadata: Metadata) -> dict[str, str]:
        fields = {"client_id": self._provider.settings.client_id}
        if self._secret and metadata.posts_secret:
            fields["client_secret"] = self._secret
        return fields

    def _client_headers(self, metadata: Metadata) -> dict[str, str]:
        if not self._secret or metadata.posts_secret:
            return {}
        # RFC 6749, 2.3.1: both halves are form-encoded before they are joined.
        pair = f"{quote_plus(self._provider.settings.client_id)}:{quote_plus(self._secret)}"
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def challenge(verifier: str) -> str:
    """The S256 code challenge of *verifier*."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
