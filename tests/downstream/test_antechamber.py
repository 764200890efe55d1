"""Strangers are served one in a turn of the event loop, in order, and nobody who works waits."""

import asyncio

import pytest

from bastion.downstream.antechamber import Antechamber
from tests.servers.waiting import turn


class Stranger:
    """Keeps what it takes in a common list."""

    def __init__(self, taken) -> None:
        self.taken = taken

    def take(self, data):
        self.taken.append(data)


async def test_one_is_served_in_a_turn():
    """Others have theirs in between."""
    taken, antechamber = [], Antechamber()
    for number in range(3):
        antechamber.add(Stranger(taken), b"%d" % number)
    assert taken == []
    for _ in range(3):
        await turn()
        taken.append("somebody works")
    await turn()
    assert taken == [b"0", "somebody works", b"1", "somebody works", b"2", "somebody works"]


async def test_one_that_fails_keeps_nobody_from_their_turn():
    """Its error goes where asyncio's go."""

    class Bad(Stranger):
        def take(self, _data):
            raise ValueError("bad")

    errors, taken, antechamber = [], [], Antechamber()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: errors.append(context["exception"]))
    antechamber.add(Bad(taken), b"0")
    antechamber.add(Stranger(taken), b"1")
    for _ in range(3):
        await turn()
    assert taken == [b"1"]
    assert [str(error) for error in errors] == ["bad"]


async def test_who_comes_while_one_is_served_is_served_later():
    """Not in the same turn."""
    taken, antechamber = [], Antechamber()

    class Again(Stranger):
        def take(self, data):
            super().take(data)
            antechamber.add(Stranger(taken), b"later")

    antechamber.add(Again(taken), b"now")
    await turn()
    assert taken == [b"now"]
    await turn()
    assert taken == [b"now", b"later"]


@pytest.fixture(autouse=True)
async def _own_handler():
    yield
    asyncio.get_running_loop().set_exception_handler(None)
