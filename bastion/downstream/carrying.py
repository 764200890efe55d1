"""Starts the streams of one connection, and ends them with it.

What always holds: a stream is known to the warden from its start; whoever asked for it hears why it
was not opened; hosts cannot open more than the connection has room for. What it does not do: say
what may be carried where.
"""

from collections.abc import Hashable
from typing import Protocol

from asyncssh.constants import OPEN_CONNECT_FAILED

from bastion.authorization import Authorization
from bastion.downstream.channels import refuse
from bastion.refusal import Code
from bastion.relay.forward import Carriage, Depart, ForwardSession
from bastion.relay.live import Live
from bastion.relay.pipe import Half

_HOST_FAILED = {
    Code.FORWARD_FAILED,
    Code.HOST_UNREACHABLE,
    Code.HOST_REFUSED,
    Code.HOST_TIMEOUT,
    Code.HOST_NAME_UNKNOWN,
}


class Streams(Protocol):
    """Makes the relays of streams."""

    def forward(
        self, carriage: Carriage, authorization: Authorization, depart: Depart
    ) -> ForwardSession:
        """The relay of one stream, not started."""
        ...

    @property
    def live(self) -> Live:
        """Where living sessions are known."""
        ...

    @property
    def max_listeners(self) -> int:
        """At how many places hosts may listen for one connection."""
        ...


class Carrying:
    """The streams of one connection."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._open: dict[ForwardSession, Hashable] = {}
        self._is_closed = False

    @property
    def max_listeners(self) -> int:
        """At how many places the host may listen at once."""
        return self._streams.max_listeners

    @property
    def live(self) -> Live:
        """Where living sessions and connections are known."""
        return self._streams.live

    @property
    def arriving(self) -> int:
        """How many streams of hosts will take a channel that they have not got yet."""
        return sum(session.is_arriving for session in self._open)

    async def carry(
        self,
        carriage: Carriage,
        authorization: Authorization,
        depart: Depart,
        within: Hashable = None,
    ) -> Half:
        """Start a stream; its half for the channel that arrived. Raises ChannelOpenError.

        It ends with the connection, or where `end` is told that *within* is over.
        """
        session = self._streams.forward(carriage, authorization, depart)
        task = session.start()
        self._open[session] = within
        task.add_done_callback(lambda _: self._open.pop(session, None))
        self._streams.live.watch(session, task)
        if self._is_closed:
            session.close()
        answer = await session.ready()
        if isinstance(answer, Half):
            return answer
        error = refuse(answer)
        if answer.code in _HOST_FAILED:
            error.code = OPEN_CONNECT_FAILED
        raise error

    def end(self, within: Hashable) -> None:
        """End what was carried *within* something that is over."""
        for session in [each for each, known in self._open.items() if known == within]:
            session.close()

    def close(self) -> None:
        """The connection is gone."""
        self._is_closed = True
        for session in list(self._open):
            session.close()
