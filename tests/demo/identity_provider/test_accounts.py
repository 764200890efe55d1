"""Who may enter, and how often somebody may try."""

import re

import pytest

from bastion.demo.identity_provider.accounts import ACCOUNTS, MAX_PAUSE_SECONDS, Door, new_password

PASSWORD = "right-right"


@pytest.fixture
def door(clock):
    return Door(PASSWORD, clock)


def test_the_accounts_are_the_three_of_the_story():
    """Each in one group of its own."""
    assert {name: account.groups for name, account in ACCOUNTS.items()} == {
        "engineer": ("engineers",),
        "approver": ("approvers",),
        "security": ("security",),
    }


def test_a_password_is_random_and_readable():
    """Four groups of four, none of which is mistaken for another."""
    assert re.fullmatch(r"([a-hjkmnp-z2-9]{4}-){3}[a-hjkmnp-z2-9]{4}", new_password())
    assert len({new_password() for _ in range(50)}) == 50


def test_the_right_password_opens(door):
    """Every account, and no other name."""
    assert door.try_to_enter("approver", PASSWORD) == ACCOUNTS["approver"]
    assert isinstance(door.try_to_enter("root", PASSWORD), str)
    assert isinstance(door.try_to_enter("approver", "\udc80"), str)


def test_pauses_grow_up_to_a_limit_and_end(door, clock):
    """A guesser gets some thousand tries a day; the owner waits half a minute at most."""
    pauses = []
    for _ in range(12):
        assert "do not fit" in door.try_to_enter("engineer", "wrong")
        said = door.try_to_enter("engineer", PASSWORD) if len(pauses) > 1 else "in 0 s"
        pauses.append(int(re.search(r"in (\d+) s", said)[1]))
        clock.advance(pauses[-1])
    assert pauses[:5] == [0, 0, 1, 2, 4]
    assert max(pauses) == MAX_PAUSE_SECONDS
    assert door.try_to_enter("engineer", PASSWORD) == ACCOUNTS["engineer"]
    assert "do not fit" in door.try_to_enter("engineer", "wrong")
    assert door.try_to_enter("engineer", PASSWORD) == ACCOUNTS["engineer"]


def test_unknown_names_are_not_remembered(door):
    """Made-up names fill no memory."""
    for at in range(100):
        door.try_to_enter(f"made-up-{at}", "wrong")
    assert not door._wrong
