"""One look at the store for all that wait."""

import asyncio
from contextlib import suppress

import pytest

from bastion.approval.looks import LOOK_SECONDS, Looks
from bastion.errors import StoreError


def looks_of(worker):
    """Looks for states."""
    return Looks(lambda names: worker.run(lambda store: store.requests.states(names)))


@pytest.fixture
def asked(worker, monkeypatch):
    """Counts what the store is asked."""
    operations = []
    run = worker.run

    def counted(operation):
        operations.append(operation)
        return run(operation)

    monkeypatch.setattr(worker, "run", counted)
    return operations


async def test_all_that_wait_are_answered_by_one_look(worker, beside, request_row, asked):
    """Each with its own state; a request that is not there has none."""
    for number in range(30):
        beside.requests.add(request_row(id=f"r{number}"))
    beside.requests.move("r7", "pending", "denied", {})
    looks = looks_of(worker)
    states = await asyncio.gather(*(looks.at(f"r{number}") for number in range(31)))
    assert states == [*["pending"] * 7, "denied", *["pending"] * 22, None]
    assert len(asked) == 1


async def test_a_look_sees_what_came_before_it(worker, beside, request_row):
    """Asked again and again, it hears of a change at the next look."""
    beside.requests.add(request_row(id="r"))
    looks = looks_of(worker)
    assert await looks.at("r") == "pending"
    asking = asyncio.create_task(looks.at("r"))
    beside.requests.move("r", "pending", "denied", {})
    assert await asking == "denied"


async def test_nobody_is_asked_while_nobody_waits(worker, asked):
    """Also after somebody who waited has gone."""
    looks = looks_of(worker)
    with suppress(TimeoutError):
        async with asyncio.timeout(LOOK_SECONDS / 4):
            await looks.at("r")
    done, _ = await asyncio.wait([looks._task], timeout=5)
    assert done
    assert asked == []
    assert await looks.at("r") is None  # and it begins again


async def test_a_store_that_fails_is_heard_by_all(worker):
    """And the next question is answered by the next look."""
    await worker.run(lambda store: store.close())
    looks = looks_of(worker)
    answers = await asyncio.gather(*(looks.at("r") for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [StoreError] * 3
    with pytest.raises(StoreError):
        await looks.at("r")
