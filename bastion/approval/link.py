"""The link that a chat message carries: a signed name of one request.

A JWT (RFC 7519), HS256, with the audience `bastion approval`, the request's identifier and its
binding. docs/PROTOCOL.approval describes it.

What always holds: a link that was altered, or made for another purpose or by another key, names
nothing. The link decides nothing either: whoever opens it has to sign in. What it does not do: look
the request up.
"""

from dataclasses import dataclass

import jwt

from bastion.refusal import Code, Refusal
from bastion.store.rows import Request

_ALGORITHM = "HS256"
_AUDIENCE = "bastion approval"
_READABLE_SECONDS = 24 * 3600  # after its end a request can still be looked at by its link


@dataclass(frozen=True)
class Named:
    """What a good link names."""

    request_id: str
    binding: str


class Links:
    """Makes and reads links."""

    def __init__(self, key: bytes, url: str) -> None:
        self._key, self._url = key, url

    def url(self, request: Request) -> str:
        """The address of the page that shows *request*."""
        return f"{self._url}/approvals/{self.token(request)}"

    def token(self, request: Request) -> str:
        """The signed name of *request*."""
        claims = {
            "aud": _AUDIENCE,
            "sub": request.id,
            "binding": request.binding,
            "exp": int(request.expires_at) + request.seconds + _READABLE_SECONDS,
        }
        return jwt.encode(claims, self._key, _ALGORITHM)

    def read(self, token: str, now: float) -> Named | Refusal:
        """What *token* names at the Unix time *now*."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                options={"require": ["aud", "sub", "exp", "binding"], "verify_exp": False},
            )
        except jwt.InvalidTokenError as error:
            return Refusal(Code.LINK_INVALID, cause=str(error))
        if not isinstance(claims["exp"], int) or claims["exp"] <= now:
            return Refusal(Code.LINK_EXPIRED)
        return Named(str(claims["sub"]), str(claims["binding"]))
