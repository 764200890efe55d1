"""A generic JSON webhook: one POST a request, signed; docs/PROTOCOL.approval describes it.

What always holds: the body is signed together with the time (HMAC-SHA256), so a receiver can tell a
message of ours from a forged or replayed one; redirects are not followed; three tries, then it is
an error. What it does not do: wait for an answer beyond its status.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable

import httpx

from bastion.approval.chat.messenger import Alert, Message, alert_body, alert_title, body, title
from bastion.approval.request import ACCESS
from bastion.clock import Clock
from bastion.errors import ChatError

_TRIES = 3
_TIMEOUT_SECONDS = 10.0
_BACKOFF_SECONDS = (1.0, 5.0)


class Webhook:
    """Posts requests to one URL."""

    name = "webhook"

    def __init__(
        self,
        url: str,
        secret: bytes,
        http: httpx.AsyncClient,
        clock: Clock,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        seconds: float = _TIMEOUT_SECONDS,
    ) -> None:
        self._url, self._secret, self._seconds = url, secret, seconds
        self._http, self._clock, self._pause = http, clock, pause

    async def tell(self, message: Message) -> None:
        """Post *message*; raises ChatError."""
        await self._send(_payload(message))

    async def warn(self, alert: Alert) -> None:
        """Post *alert*; raises ChatError."""
        await self._send(
            {
                "version": 1,
                "type": "alert",
                "kind": alert.kind,
                "title": alert_title(alert),
                "text": alert_body(alert),
            }
        )

    async def _send(self, payload: dict[str, object]) -> None:
        content = json.dumps(payload).encode()
        for attempt in range(_TRIES):
            if attempt:
                await self._pause(_BACKOFF_SECONDS[attempt - 1])
            problem = await self._post(content)
            if not problem:
                return
        raise ChatError(f"the webhook did not take the message: {problem}")

    async def _post(self, content: bytes) -> str:
        """Why the receiver did not take *content*; empty where it did."""
        stamp = str(int(self._clock.now()))
        headers = {
            "Content-Type": "application/json",
            "X-Bastion-Timestamp": stamp,
            "X-Bastion-Signature": signature(self._secret, stamp, content),
        }
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._http.stream(  # the answer's body is not read: it could have no end
                    "POST", self._url, content=content, headers=headers, follow_redirects=False
                ) as answer,
            ):
                return "" if answer.is_success else f"status {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            return type(error).__name__


def signature(secret: bytes, stamp: str, content: bytes) -> str:
    """The value of `X-Bastion-Signature` for *content* sent at *stamp* (Unix seconds)."""
    mac = hmac.new(secret, b"v1:" + stamp.encode() + b":" + content, hashlib.sha256)
    return f"v1={mac.hexdigest()}"


def _payload(message: Message) -> dict[str, object]:
    request = message.request
    of_kind: dict[str, object] = {}
    if request.kind == ACCESS:
        of_kind = {"kind": ACCESS, "seconds": request.seconds, "address": request.address}
    return {
        "version": 1,
        "type": "approval-request",
        "request": request.id,
        "title": title(request),
        "text": body(message),
        "account": request.account,
        "target": request.target,
        "login": request.login,
        "command": request.text,
        **of_kind,
        "rule": request.rule,
        "reason": request.reason,
        "expires_at": int(request.expires_at),
        "approvers": list(request.approvers),
        "url": message.link,
    }
