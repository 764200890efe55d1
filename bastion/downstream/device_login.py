"""Signs people in who come with plain `ssh` and no certificate: a page to open, then waiting.

It is keyboard-interactive without a question (RFC 4256 section 3.2 allows none): the client shows
what the bastion says and answers at once, and the bastion asks the provider until the person has
signed in there. `BatchMode yes` never comes here. The terminal's width is not known before the
login, so a QR code is shown only if the configuration says so, and never wider than 80 columns.

What always holds: how many sign-ins wait is bounded, in all and by address, and an address begins
only so many in a few seconds, so that strangers cannot press the provider through the bastion;
the sign-in is checked exactly as for `bastion login`. What it does not do: make an `Identity`.
"""

from collections import Counter
from dataclasses import dataclass

from bastion.clock import Clock
from bastion.config import Ssh
from bastion.errors import TokenError
from bastion.identity import Person
from bastion.oidc.device_flow import DeviceCode, DeviceFlow
from bastion.oidc.qr import qr_lines
from bastion.oidc.trust import Trust
from bastion.printable import printable

_COLUMNS = 80
_WINDOW_SECONDS = 5.0  # in which an address may begin as many as may wait
_MAX_ADDRESSES = 10_000


class Waiting:
    """How many sign-ins are under way, and from where."""

    def __init__(self, clock: Clock, *, most: int, most_by_address: int) -> None:
        self._clock, self._most, self._most_by_address = clock, most, most_by_address
        self._by_address: Counter[str] = Counter()
        self._begun: dict[str, list[float]] = {}

    def enter(self, address: str) -> str:
        """Count one more from *address*; why not, where it may not."""
        now = self._clock.monotonic()
        self._forget(now - _WINDOW_SECONDS)
        begun = self._begun.get(address, [])
        if self._by_address[address] >= self._most_by_address:
            return "too many sign-ins wait at your address"
        if self._by_address.total() >= self._most or len(self._begun) >= _MAX_ADDRESSES:
            return "too many sign-ins wait"
        if len(begun) >= self._most_by_address:
            return "too many sign-ins have just begun at your address; wait a moment"
        self._begun[address] = [*begun, now]
        self._by_address[address] += 1
        return ""

    def leave(self, address: str) -> None:
        """Count one less."""
        self._by_address -= Counter({address: 1})

    def _forget(self, until: float) -> None:
        kept = {
            address: [at for at in begun if at > until] for address, begun in self._begun.items()
        }
        self._begun = {address: begun for address, begun in kept.items() if begun}


@dataclass(frozen=True)
class Begun:
    """A sign-in that waits for a person.

    Attributes:
        text: what the person is shown; printable, in lines.
    """

    code: DeviceCode
    address: str
    text: str


class DeviceLogin:
    """The sign-ins of one bastion process, at the first issuer that it trusts."""

    def __init__(self, trust: Trust, settings: Ssh, clock: Clock, *, seconds: int) -> None:
        self._trust, self._clock, self._seconds = trust, clock, seconds
        self._has_qr = settings.device_login == "qr"
        self._flow = DeviceFlow(trust.first, clock)
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

    async def begin(self, address: str) -> Begun:
        """A sign-in for somebody at *address*; TokenError where none can begin."""
        problem = self._waiting.enter(address)
        if problem:
            raise TokenError(problem)
        try:
            code = await self._flow.start()
        except BaseException:
            self._waiting.leave(address)
            raise
        return Begun(code, address, self._text(code, address))

    async def finish(self, begun: Begun) -> Person:
        """Wait until the person has signed in; TokenError where that did not happen."""
        tokens = await self._flow.poll(begun.code)
        accepted = await self._trust.accept(tokens.id_token, access_token=tokens.access_token)
        return accepted.person

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
