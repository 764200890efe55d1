"""What joins a user's channel with the host's: how it ends."""

import pytest

from bastion.errors import RecordingError
from bastion.relay.wire import Asked, Wire, sized
from bastion.screen import Screen
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


@pytest.mark.parametrize("size", [(1, 1), (80, 24), (501, 201)])
def test_the_host_is_told_the_size_of_the_screen_that_lines_are_read_off(size):
    """Another width would wrap its lines elsewhere."""
    assert sized((*size, 640, 480)) == (*Screen(*size).size, 640, 480)


def test_a_size_that_the_client_does_not_know_stays_unknown():
    """None is made up for it."""
    assert sized((0, 0, 0, 0)) == (0, 0, 0, 0)
