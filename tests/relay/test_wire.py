"""What joins a user's channel with the host's: how it ends."""

import pytest

from bastion.errors import RecordingError
from bastion.relay.wire import Asked, Wire
from tests.relay.test_pipe import Channel as FakeChannel


class FullDisk:
    """A gate that has something to mark at the end, which cannot be recorded."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def ends(self) -> None:
        self._wire.break_(RecordingError("full"))


class Upstream:
    """A connection that opens whatever it is asked for."""

    async def create_session(self, *_args, **_named) -> None:
        return None


async def test_a_mark_that_cannot_be_recorded_is_how_a_session_ends():
    """Nothing is raised into whoever says that it is over: that is the host's connection, say."""
    wire = Wire(FakeChannel())
    await wire.open(Upstream(), Asked("shell", "", None, ()), FullDisk(wire))
    wire.host_ended(None)
    with pytest.raises(RecordingError):
        await wire.over
