"""Where the menu of one person leads: to the same entrance as `ssh LOGIN@HOST@BASTION`.

What always holds: that the menu was opened, and what was chosen in it, is in the audit log before
anything follows; a session that was chosen has an upstream connection and a lending of its own, so
that two sessions of one connection may go to two hosts. What it does not do: authorize.
"""

from collections.abc import Awaitable, Callable, Sequence

import asyncssh

from bastion.audit.entry import AuditCode
from bastion.authorization import Authorization, Channel
from bastion.downstream.channels import ChannelSession, Loan, RelayMaker
from bastion.downstream.destination import Destination
from bastion.downstream.menu.choosing import Choice
from bastion.downstream.outlook import Host
from bastion.downstream.reception import Reception
from bastion.identity import Identity
from bastion.refusal import Refusal
from bastion.relay.live import Live
from bastion.upstream.connection import Link

Session = asyncssh.SSHServerSession[bytes]


class MenuDoorway:
    """The doorway of one person (session.Doorway).

    Args:
        entrance: what serves a channel to a destination, or why nothing does.
    """

    def __init__(
        self,
        identity: Identity,
        reception: Reception,
        entrance: Callable[[Identity, Destination], Awaitable[Session | Refusal]],
    ) -> None:
        self._identity, self._reception, self._entrance = identity, reception, entrance

    @property
    def account(self) -> str:
        """Whose menu it is."""
        return self._identity.account

    async def open(self) -> Refusal | None:
        """Keep that the menu is opened; why it may not be."""
        who = self._identity
        if refusal := await self._reception.barred(who):
            return refusal
        await self._reception.note(
            AuditCode.BASTION_COMMAND, who.subject, command="menu", address=who.address
        )
        return None

    async def hosts(self) -> Sequence[Host]:
        """The hosts that a shell can be opened on, at once or after an approval."""
        return await self._reception.outlook.hosts(self._identity, Channel.SHELL)

    async def enter(self, choice: Choice) -> Session | Refusal:
        """What serves the channel from now on; what was shown may hold no more."""
        who = self._identity
        await self._reception.note(
            AuditCode.MENU_CHOSEN,
            who.subject,
            target=choice.target,
            login=choice.login,
            address=who.address,
        )
        return await self._entrance(who, Destination(choice.target, choice.login))


class ChosenSession(ChannelSession):
    """A session whose upstream connection is its own, and ends with it."""

    def __init__(
        self,
        authorization: Authorization,
        make_relay: RelayMaker,
        live: Live,
        loan: Loan,
        link: Link,
    ) -> None:
        super().__init__(authorization, make_relay, live, loan)
        self._link = link

    def connection_lost(self, exc: Exception | None) -> None:
        """The channel is closed."""
        super().connection_lost(exc)
        self._link.close()
