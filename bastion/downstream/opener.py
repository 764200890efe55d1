"""What a connection is given to open things with: `bastion.serve` makes it.

What always holds: whatever it makes is made for an `Authorization`. What it does not do: know
configuration, stores or keys; those are behind it.
"""

from typing import Protocol

from bastion.approval.access import AccessDesk
from bastion.authorization import Authorization
from bastion.clock import Clock
from bastion.relay.forward import Carriage, Depart, ForwardSession
from bastion.relay.live import Live
from bastion.relay.pump import UserChannel
from bastion.relay.session import RelaySession
from bastion.upstream.connection import Link


class Opener(Protocol):
    """Makes what a connection needs once it is known where it goes."""

    def link(self, authorization: Authorization) -> Link:
        """The upstream connection to be dialed."""
        ...

    def relay(self, channel: UserChannel, link: Link, authorization: Authorization) -> RelaySession:
        """The relay of one channel."""
        ...

    @property
    def live(self) -> Live:
        """Where living sessions are known."""
        ...

    @property
    def access(self) -> AccessDesk:
        """Where access is asked for."""
        ...

    @property
    def clock(self) -> Clock:
        """Tells the time."""
        ...

    def forward(
        self, carriage: Carriage, authorization: Authorization, depart: Depart
    ) -> ForwardSession:
        """The relay of one stream."""
        ...

    @property
    def max_listeners(self) -> int:
        """At how many places hosts may listen for one connection."""
        ...
