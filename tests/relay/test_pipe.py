"""Two channels joined: order, ends, pauses, and what happens when one side is gone."""

import pytest

from bastion.relay.pipe import Pipe


class Channel:
    """A channel that keeps what is done to it, and closes when its peer would."""

    def __init__(self) -> None:
        self.done, self.is_reading = [], True

    def write(self, data):
        self.done.append(data)

    def write_eof(self):
        self.done.append("end")

    def close(self):
        self.done.append("close")

    def abort(self):
        self.done.append("abort")

    def is_closing(self):
        return "close" in self.done or "abort" in self.done

    def pause_reading(self):
        self.is_reading = False

    def resume_reading(self):
        self.is_reading = True


class Ends:
    """A pipe with its two halves and their channels."""

    def __init__(self, inspect=lambda _side, data: data) -> None:
        self.pipe = Pipe(inspect)
        self.user, self.host = self.pipe.halves["user"], self.pipe.halves["host"]
        self.to_user, self.to_host = Channel(), Channel()

    def join(self) -> "Ends":
        self.host.connection_made(self.to_host)
        self.user.connection_made(self.to_user)
        return self


async def test_bytes_pass_both_ways_in_order():
    """And are counted by who sent them."""
    ends = Ends().join()
    for data in (b"a", b"b"):
        ends.user.data_received(data, None)
    ends.host.data_received(b"cde", None)
    assert ends.to_host.done == [b"a", b"b"]
    assert ends.to_user.done == [b"cde"]
    assert ends.pipe.carried == {"user": 2, "host": 3}


async def test_what_comes_before_the_other_side_is_there_waits():
    """Without being read on; then it is passed on, with its end."""
    ends = Ends()
    ends.host.connection_made(ends.to_host)
    ends.host.data_received(b"early", None)
    assert not ends.to_host.is_reading
    ends.host.eof_received()
    ends.user.connection_made(ends.to_user)
    assert ends.to_user.done == [b"early", "end"]
    assert ends.to_host.is_reading


async def test_the_end_of_one_direction_leaves_the_other():
    """Half-close."""
    ends = Ends().join()
    assert ends.user.eof_received() is True
    ends.host.data_received(b"answer", None)
    assert (ends.to_host.done, ends.to_user.done) == (["end"], [b"answer"])
    assert not ends.pipe.over.done()


async def test_a_side_that_reads_slowly_stops_the_other():
    """By window and by TCP: it goes on when neither holds any more."""
    ends = Ends().join()
    ends.user.pause_writing()
    ends.user.hold_back("tcp", True)
    assert not ends.to_host.is_reading
    assert ends.to_user.is_reading
    ends.user.resume_writing()
    assert not ends.to_host.is_reading
    ends.user.hold_back("tcp", False)
    assert ends.to_host.is_reading
    ends.host.pause_writing()
    assert not ends.to_user.is_reading


async def test_a_side_that_is_gone_closes_the_other():
    """It is over when both are."""
    ends = Ends().join()
    ends.host.connection_lost(None)
    assert ends.to_user.done == ["close"]
    assert not ends.pipe.over.done()
    ends.user.connection_lost(None)
    assert await ends.pipe.over is True


async def test_nothing_is_written_to_who_is_closing():
    """A write would raise within asyncssh, and end the connection."""
    ends = Ends().join()
    ends.to_user.close()
    ends.host.data_received(b"late", None)
    ends.host.eof_received()
    assert ends.to_user.done == ["close"]


async def test_a_channel_that_comes_too_late_is_closed():
    """Its other side is gone already."""
    ends = Ends()
    ends.host.connection_made(ends.to_host)
    ends.host.connection_lost(None)
    ends.user.connection_made(ends.to_user)
    assert ends.to_user.done == ["close"]


async def test_what_is_not_inspected_is_not_passed_on():
    """Whatever the inspection raises ends the pipe and never reaches asyncssh."""

    def inspect(side, data):
        if data == b"bad":
            raise RuntimeError(side)
        return data

    ends = Ends(inspect).join()
    for data in (b"good", b"bad", b"good"):
        ends.user.data_received(data, None)
    assert ends.to_host.done == [b"good"]
    with pytest.raises(RuntimeError, match="user"):
        await ends.pipe.over


async def test_closing_and_aborting_reach_both():
    """A channel that is not there yet is closed when it comes."""
    ends = Ends().join()
    ends.pipe.close()
    ends.pipe.abort()
    assert ends.to_user.done == ends.to_host.done == ["close", "abort"]
    late = Ends()
    late.pipe.close()
    late.host.connection_made(late.to_host)
    late.user.connection_made(late.to_user)
    late.user.data_received(b"too late", None)
    assert late.to_host.done == late.to_user.done == ["close"]
