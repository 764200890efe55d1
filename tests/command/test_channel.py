"""One parser process, from its start on."""

from bastion.command.channel import Channel


async def test_nothing_of_the_start_runs_out_once_it_is_over():
    """A process that nobody asks for an hour is asked then as ever."""
    channel = await Channel.opened()
    assert channel._deadline is None
    await channel.end()
