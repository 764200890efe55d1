"""Device codes (RFC 8628): from a terminal that asks to a person who decides, without I/O.

What always holds: a code is decided once and redeemed once; a terminal that asks too fast is told
to slow down; a user code has no vowels, so it spells nothing. What it does not do: check who the
person is.
"""

import secrets
from dataclasses import dataclass

from bastion.clock import Clock
from bastion.demo.identity_provider.accounts import Account

LIFE_SECONDS = 600

_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_CAPACITY = 1000
_SLOWER_SECONDS = 5
# Timers and networks are not exact: a question this much of the interval early is in time.
_TOLERANCE = 0.2


@dataclass
class DeviceRequest:
    """A terminal that waits.

    Attributes:
        user_code: what the person types.
        scopes: what the terminal asked for.
        expires_at: by the monotonic clock.
        interval: seconds between two questions.
        asked_at: when the terminal asked last, by the monotonic clock.
        decision: nothing yet; the account that let it in; or False where somebody denied it.
    """

    user_code: str
    scopes: frozenset[str]
    expires_at: float
    interval: float
    asked_at: float
    decision: Account | bool | None = None


class DeviceCodes:
    """All terminals that wait."""

    def __init__(self, clock: Clock, interval: int) -> None:
        self._clock = clock
        self.interval = interval
        self._waiting: dict[str, DeviceRequest] = {}

    def start(self, scopes: frozenset[str]) -> tuple[str, str]:
        """A new device code and its user code."""
        while len(self._waiting) >= _CAPACITY:
            del self._waiting[next(iter(self._waiting))]
        now = self._clock.monotonic()
        user_code = "".join(secrets.choice(_LETTERS) for _ in range(8))
        device_code = secrets.token_urlsafe(32)
        self._waiting[device_code] = DeviceRequest(
            f"{user_code[:4]}-{user_code[4:]}", scopes, now + LIFE_SECONDS, self.interval, now
        )
        return device_code, self._waiting[device_code].user_code

    def find(self, typed: str) -> DeviceRequest | None:
        """The undecided request of the user code that somebody *typed*, however they spaced it."""
        letters = "".join(char for char in typed.upper() if char in _LETTERS)
        for request in self._waiting.values():
            if request.user_code.replace("-", "") == letters and self._is_open(request):
                return request
        return None

    def decide(self, request: DeviceRequest, account: Account | None) -> None:
        """Let the terminal in as *account*, or deny it."""
        request.decision = account or False

    def poll(self, device_code: str) -> tuple[Account, frozenset[str]] | str:
        """Who was let in, and with which scopes; or the OAuth error that says why nobody yet."""
        request = self._waiting.get(device_code)
        if request is None:
            return "invalid_grant"
        if self._clock.monotonic() >= request.expires_at:
            del self._waiting[device_code]
            return "expired_token"
        if self._is_too_fast(request):
            request.interval += _SLOWER_SECONDS
            return "slow_down"
        if request.decision is None:
            return "authorization_pending"
        del self._waiting[device_code]
        if isinstance(request.decision, Account):
            return request.decision, request.scopes
        return "access_denied"

    def _is_open(self, request: DeviceRequest) -> bool:
        return request.decision is None and self._clock.monotonic() < request.expires_at

    def _is_too_fast(self, request: DeviceRequest) -> bool:
        now = self._clock.monotonic()
        waited, request.asked_at = now - request.asked_at, now
        return waited < request.interval * (1 - _TOLERANCE)
