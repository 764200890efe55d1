"""The provider's discovery document, checked: where its endpoints are.

What always holds: the document names exactly the configured issuer (OpenID Connect Discovery 1.0,
section 4.3: identical, so `https://idp` and `https://idp/` are two issuers), and every endpoint is
https; plain http only on loopback, and only where the issuer itself is on plain http there. What it
does not do: fetch anything.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from bastion.errors import TokenError
from bastion.printable import printable


@dataclass(frozen=True)
class Metadata:
    """What we use of a provider's discovery document.

    Attributes:
        issuer: the issuer identifier; the `iss` of its ID tokens.
        authorization_endpoint: where a browser signs in.
        token_endpoint: where a code becomes an ID token.
        jwks_uri: where its public keys are.
        device_authorization_endpoint: where the device flow starts; empty where it has none.
        userinfo_endpoint: where more claims are told; empty where it has none.
        posts_secret: whether a client secret goes into the form instead of the header.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    device_authorization_endpoint: str = ""
    userinfo_endpoint: str = ""
    posts_secret: bool = False


def discovery_url(issuer: str) -> str:
    """Where the discovery document of *issuer* is: a slash at its end is dropped only here."""
    return issuer.removesuffix("/") + "/.well-known/openid-configuration"


def read_metadata(document: Mapping[str, Any], issuer: str) -> Metadata:
    """The metadata of *issuer* in *document*; TokenError where it cannot be used."""
    named = document.get("issuer")
    if named != issuer:
        shown = printable(str(named), 200)
        raise TokenError(
            f"the identity provider calls itself {shown}, not {printable(issuer, 200)};"
            " the issuer in the configuration must be written exactly as the provider writes it"
        )
    methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Metadata(
        issuer=issuer,
        authorization_endpoint=_endpoint(document, "authorization_endpoint", issuer),
        token_endpoint=_endpoint(document, "token_endpoint", issuer),
        jwks_uri=_endpoint(document, "jwks_uri", issuer),
        device_authorization_endpoint=_optional(document, "device_authorization_endpoint", issuer),
        userinfo_endpoint=_optional(document, "userinfo_endpoint", issuer),
        posts_secret="client_secret_post" in methods and "client_secret_basic" not in methods,
    )


def is_safe_url(url: str, issuer: str) -> bool:
    """Whether *url* may be used with *issuer*: https, or both on plain http on loopback.

    Read by the library that will ask it, so that the two cannot disagree on the host.
    """
    if printable(url) != url or any(char.isspace() for char in url):
        return False
    read = _read(url)
    if read is None or not read.host:
        return False
    return read.scheme == "https" or (_is_loopback_http(read) and _is_loopback_http(_read(issuer)))


def _optional(document: Mapping[str, Any], name: str, issuer: str) -> str:
    return _endpoint(document, name, issuer) if document.get(name) else ""


def _endpoint(document: Mapping[str, Any], name: str, issuer: str) -> str:
    url = document.get(name)
    if not isinstance(url, str) or not url:
        raise TokenError(f"the identity provider's discovery document names no {name}")
    if not is_safe_url(url, issuer):
        raise TokenError(f"the identity provider's {name} is not an https address")
    return url


def _read(url: str) -> httpx.URL | None:
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return None


def _is_loopback_http(url: httpx.URL | None) -> bool:
    if url is None or url.scheme != "http":
        return False
    try:
        return url.host == "localhost" or ipaddress.ip_address(url.host).is_loopback
    except ValueError:
        return False
