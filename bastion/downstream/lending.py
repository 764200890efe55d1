"""What one connection lends to its host: the ssh-agent and the display of whoever sits at it.

What always holds: lending needs the channel kind `agent` or `x11`, when a session asks for it and
again at every channel that the host opens; it ends with the sessions that asked, open channels too;
each channel has a record of its own. What it does not do: listen anywhere, or know what an agent is
asked to sign.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from bastion.authorization import Authorization, Channel
from bastion.downstream.carrying import Carrying
from bastion.downstream.channels import refuse
from bastion.downstream.connection import DownstreamConnection
from bastion.guards.lending import Display, Lent
from bastion.policy.authorize import may_open
from bastion.printable import printable
from bastion.refusal import Code, Refusal
from bastion.relay.forward import Carriage, Depart
from bastion.relay.pipe import Half

_MAX_ORIGIN = 64
_PLACES = {Channel.AGENT: "the user's ssh-agent", Channel.X11: "the user's display"}


@dataclass(eq=False)
class Loan:
    """What one session lends.

    Attributes:
        lent: the same, as the host is offered it.
        is_spent: whether its display was for one connection, which has come.
    """

    lending: "Lending"
    authorization: Authorization
    lent: Lent = field(init=False)
    is_spent: bool = False

    def __post_init__(self) -> None:
        """Nothing is lent yet."""
        self.lent = Lent(self.lending)

    def agent(self) -> Refusal | None:
        """Lend the agent, or say why not."""
        return self._lend(Channel.AGENT, Lent(self.lending, True, self.lent.display))

    def display(self, display: Display) -> Refusal | None:
        """Lend the display, or say why not."""
        return self._lend(Channel.X11, Lent(self.lending, self.lent.agent, display))

    def over(self) -> None:
        """The session is over."""
        self.lending.over(self)

    def lends(self, kind: Channel) -> bool:
        """Whether it lends the agent or the display."""
        return self.lent.agent if kind is Channel.AGENT else self.lent.display is not None

    def may_be_used(self, kind: Channel) -> bool:
        """Whether the host may open what it lends, once more."""
        return self.lends(kind) and not (kind is Channel.X11 and self.is_spent)

    def _lend(self, kind: Channel, lent: Lent) -> Refusal | None:
        if refusal := may_open(self.authorization, kind):
            return refusal
        self.lent = lent
        self.lending.loans.add(self)
        return None


class Lending:
    """The lending of one connection (guards.lending.Lender)."""

    def __init__(
        self, connection: Callable[[], DownstreamConnection | None], carrying: Carrying
    ) -> None:
        self._connection, self._carrying = connection, carrying
        self.loans: set[Loan] = set()

    async def agent(self) -> Half:
        """Open the user's agent; raises ChannelOpenError."""
        user, loan = self._lent(Channel.AGENT)

        async def depart(half: Callable[[], Half]) -> object:
            return await user.create_agent_channel().open(half)

        return await self._carry(Channel.AGENT, loan, depart)

    async def display(self, host: str, port: int) -> Half:
        """Open the user's display; raises ChannelOpenError."""
        user, loan = self._lent(Channel.X11)
        loan.is_spent = loan.lent.display is not None and loan.lent.display.is_single

        async def depart(half: Callable[[], Half]) -> object:
            origin = printable(host, _MAX_ORIGIN)
            return await user.create_x11_connection(half, origin, port)

        return await self._carry(Channel.X11, loan, depart)

    def over(self, loan: Loan) -> None:
        """The session of *loan* is over; what nobody lends any more ends, whoever still uses it."""
        self.loans.discard(loan)
        for kind in _PLACES:
            if not any(other.lends(kind) for other in self.loans):
                self._carrying.end((self, kind))

    async def _carry(self, kind: Channel, loan: Loan, depart: Depart) -> Half:
        carriage = Carriage(kind, _PLACES[kind], "host", partial(_may, kind))
        return await self._carrying.carry(carriage, loan.authorization, depart, (self, kind))

    def _lent(self, kind: Channel) -> tuple[DownstreamConnection, Loan]:
        user = self._connection()
        loan = next((loan for loan in self.loans if loan.may_be_used(kind)), None)
        if user is None or loan is None:
            raise refuse(Refusal(Code.CHANNEL_REFUSED, str(kind)))
        if not user.has_room(self._carrying.arriving + 1):
            raise refuse(Refusal(Code.TOO_MANY_CHANNELS))
        return user, loan


def _may(kind: Channel, authorization: Authorization) -> Refusal | None:
    return may_open(authorization, kind)
