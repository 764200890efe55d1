"""One parser process, from its start on."""

from bastion.command.channel import Channel
from bastion.command.wire import decode, encode_question


async def test_nothing_of_the_start_runs_out_once_it_is_over():
    """A process that nobody asks for an hour is asked then as ever."""
    channel = await Channel.opened()
    assert channel._deadline is None
    await channel.end()


async def test_a_long_answer_comes_whole():
    """Also one that is longer than what is taken from the socket at once."""
    channel = await Channel.opened()
    text = "echo a b; " * 400
    question = encode_question(text, None, is_raw=False, seconds=30)
    answer = await channel.ask(question, 60)
    assert len(answer) > 2 * 64 * 1024
    assert len(decode(text, answer).commands) == 400
    await channel.end()
