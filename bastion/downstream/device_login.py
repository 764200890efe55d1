"""Signs people in who come with plain `ssh` and no certificate: a page to open, then waiting.

It is keyboard-interactive without a question (RFC 4256 section 3.2 allows none), unless there are
several issuers to choose from: the client shows what the bastion says and answers at once, and the
bastion asks the provider until the person has signed in there. `BatchMode yes` never comes here.
The terminal's width is not known before the login, so a QR code is shown only if the configuration
says so, and never wider than 80 columns.

What always holds: how many sign-ins wait is bounded, in all and by address, and an address begins
only so many in a few seconds, so that strangers cannot press the provider through the bastion;
a sign-in is vouched for by the issuer that was asked, never by another. What it does not do: make
an `Identity`.
"""

from collections import Counter
from dataclasses import dataclass

from bastion.address import source
from bastion.clock import Clock
from bastion.config import Ssh
from bastion.errors import TokenError
from bastion.identity import Person
from bastion.oidc.device_flow import DeviceCode, DeviceFlow
from bastion.oidc.id_token import verify
from bastion.oidc.provider import Provider
from bastion.oidc.qr import qr_lines
from bastion.oidc.trust import Trust
from bastion.printable import printable

_COLUMNS = 80
_WINDOW_SECONDS = 5.0  # in which an address may begin as many as may wait
_MAX_ADDRESSES = 10_000


class Waiting:
    """How many sign-ins are under way, and from where: an address of IPv4, a /64 of IPv6."""

    def __init__(self, clock: Clock, *, most: int, most_by_address: int) -> None:
        self._clock, self._most, self._most_by_address = clock, most, most_by_address
        self._by_address: Counter[str] = Counter()
        self._begun: dict[str, list[float]] = {}

    def enter(self, address: str) -> str:
        """Count one more from *address*; why not, where it may not."""
        now, own = self._clock.monotonic(), source(address)
        self._forget(now - _WINDOW_SECONDS)
        begun = self._begun.get(own, [])
        if self._by_address[own] >= self._most_by_address:
            return "too many sign-ins wait at your address"
        if self._by_address.total() >= self._most or len(self._begun) >= _MAX_ADDRESSES:
            return "too many sign-ins wait"
        if len(begun) >= self._most_by_address:
            return "too many sign-ins have just begun at your address; wait a moment"
        self._begun[own] = [*begun, now]
        self._by_address[own] += 1
        return ""

    def leave(self, address: str) -> None:
        """Count one less."""
        self._by_address -= Counter({source(address): 1})

    def _forget(self, until: float) -> None:
        kept = {
            address: [at for at in begun if at > until] for address, begun in self._begun.items()
        }
        self._begun = {address: begun for address, begun in kept.items() if begun}


@dataclass(frozen=True)
class Begun:
    """A sign-in that waits for a person.

    Attributes:
        provider: whom it asks.
        flow: where it waits.
        text: what the person is shown; printable, in lines.
    """

    provider: Provider
    flow: DeviceFlow
    code: DeviceCode
    address: str
    text: str


class DeviceLogin:
    """The sign-ins of one bastion process, at the issuers that it trusts."""

    def __init__(self, trust: Trust, settings: Ssh, clock: Clock, *, seconds: int) -> None:
        self._trust, self._clock, self._seconds = trust, clock, seconds
        self._has_qr = settings.device_login == "qr"
        self.choices = tuple(provider.settings.label for provider in trust.people)
        self._waiting = Waiting(
            clock,
            most=settings.max_device_logins,
            most_by_address=settings.max_device_logins_by_address,
        )

    def valid_before(self) -> int:
        """Until when a sign-in of now opens sessions."""
        return int(self._clock.now()) + self._seconds

    def seconds_left(self, begun: Begun) -> float:
        """How long its code can still be used."""
        return begun.code.expires_at - self._clock.now()

    async def begin(self, address: str, choice: int = 0) -> Begun:
        """A sign-in for somebody at *address*, at the issuer they chose of `choices`.

        Raises TokenError where none can begin.
        """
        provider = self._trust.people[choice]
        flow = DeviceFlow(provider, self._clock)
        problem = self._waiting.enter(address)
        if problem:
            raise TokenError(problem)
        try:
            code = await flow.start()
        except BaseException:
            self._waiting.leave(address)
            raise
        return Begun(provider, flow, code, address, self._text(code, address))

    async def finish(self, begun: Begun) -> Person:
        """Wait until the person has signed in; TokenError where that did not happen."""
        tokens = await begun.flow.poll(begun.code)
        verified = await verify(
            begun.provider,
            tokens.id_token,
            access_token=tokens.access_token,
            reserved=self._trust.reserved(begun.provider),
        )
        return verified.person

    def end(self, begun: Begun) -> None:
        """It waits no more, however it ended; to be called once."""
        self._waiting.leave(begun.address)

    def _text(self, code: DeviceCode, address: str) -> str:
        link = code.verification_uri_complete or code.verification_uri
        drawn = qr_lines(link, _COLUMNS) if self._has_qr else ()
        lines = [
            "No certificate was offered, so please sign in. Open",
            "",
            f"    {link}",
            "",
            f"and check that it shows the code  {code.user_code}",
            *(["", *drawn, ""] if drawn else []),
            f"Go on only if you are connecting from {printable(address, 60)} yourself.",
            "Waiting for you to sign in there (Ctrl-C ends) ...",
        ]
        return "\n".join(lines)
