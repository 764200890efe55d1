"""Which redirect URIs the demo provider knows, and what an authorization request may look like.

What always holds: the one client is public, so PKCE (S256) is required; a redirect goes only to a
registered URI or, for a command line, to http on loopback with any port (RFC 8252, 7.3). What it
does not do: ask anybody anything.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

CLIENT_ID = "bastion"
SCOPES = frozenset({"openid", "profile", "email", "groups"})

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_MAX_CHARS = 500
# As browsers write them: anything else in a redirect URI is not one of ours.
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost):[0-9]{1,5}(/[A-Za-z0-9._~/-]*)?")


@dataclass(frozen=True)
class Asked:
    """An authorization request that may be shown to a person.

    Attributes:
        redirect_uri: where the answer goes.
        state: goes back with it.
        nonce: goes into the ID token.
        scopes: what is asked for.
        challenge: the S256 code challenge.
    """

    redirect_uri: str
    state: str
    nonce: str
    scopes: frozenset[str]
    challenge: str

    def answer(self, issuer: str, **fields: str) -> str:
        """Where the browser goes with an answer of *fields*."""
        return _redirect(self.redirect_uri, {**fields, "state": self.state, "iss": issuer})

    @property
    def origin(self) -> str:
        """The origin of the redirect URI, which the form's policy must allow."""
        parts = urlsplit(self.redirect_uri)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True)
class Refused:
    """An authorization request that is refused.

    Attributes:
        sentence: what is wrong.
        redirect: where to say so; empty where it can only be said on a page.
    """

    sentence: str
    redirect: str = ""


def read_request(
    query: Mapping[str, str], redirect_uris: Sequence[str], issuer: str
) -> Asked | Refused:
    """The authorization request in *query*."""
    uri = query.get("redirect_uri", "")
    if query.get("client_id") != CLIENT_ID:
        return Refused("This application is not registered here.")
    if not is_known_redirect(uri, redirect_uris):
        return Refused("This application may not send people to that address.")
    error, sentence = _problem(query)
    if error:
        fields = {"error": error, "error_description": sentence, "iss": issuer}
        return Refused(sentence, _redirect(uri, {**fields, "state": query.get("state", "")}))
    return Asked(
        redirect_uri=uri,
        state=query.get("state", ""),
        nonce=query.get("nonce", ""),
        scopes=frozenset(query["scope"].split()) & SCOPES,
        challenge=query["code_challenge"],
    )


def is_known_redirect(uri: str, registered: Sequence[str]) -> bool:
    """Whether a browser may be sent to *uri*."""
    return uri in registered or _LOOPBACK.fullmatch(uri) is not None


def _problem(query: Mapping[str, str]) -> tuple[str, str]:
    """The OAuth error and a sentence for what is wrong with *query*; empty where nothing is."""
    if query.get("response_type") != "code":
        return "unsupported_response_type", "Only the authorization code flow is offered."
    if "openid" not in query.get("scope", "").split():
        return "invalid_scope", "The scope openid is missing."
    if query.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(
        query.get("code_challenge", "")
    ):
        return "invalid_request", "PKCE with S256 is required."
    if any(len(query.get(name, "")) > _MAX_CHARS for name in ("state", "nonce", "scope")):
        return "invalid_request", "The request is too long."
    if "none" in query.get("prompt", "").split():
        return "login_required", "There are no sessions here; each sign-in asks."
    return "", ""


def _redirect(uri: str, fields: Mapping[str, str]) -> str:
    given = urlencode({name: value for name, value in fields.items() if value})
    return f"{uri}{'&' if '?' in uri else '?'}{given}"
