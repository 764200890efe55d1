"""Sessions, commands and logins in SQLite."""

import sqlite3

import pytest

from tests.samples import command, login, session


def test_a_session_comes_back_as_it_was_kept(store):
    """Every field, floats and None included."""
    store.sessions.open(session())
    assert store.sessions.unfinished() == [session()]


def test_closing_notes_the_end_once(store):
    """The first end stands: recovery or a late task cannot change it."""
    store.sessions.open(session())
    store.sessions.close(session().id, 10.5, "exit", 3)
    store.sessions.close(session().id, 99.0, "lost", None)
    (found,) = store.sessions.find(session().id)
    assert (found.ended_at, found.ending, found.exit_status) == (10.5, "exit", 3)
    assert store.sessions.unfinished() == []


def test_a_line_with_bytes_that_are_no_text_is_kept(store):
    """As a shell tells it that was typed into in another encoding."""
    store.sessions.open(session())
    store.sessions.add_command(command(text="ls caf\udce9"))
    assert [kept.text for kept in store.sessions.commands(session().id)] == ["ls caf\ufffd"]


def test_two_sessions_of_one_name_are_refused(store):
    """An identifier is opened once."""
    store.sessions.open(session())
    with pytest.raises(sqlite3.IntegrityError):
        store.sessions.open(session(account="eve"))


def test_a_persons_own_sessions_are_the_newest_first(store):
    """As many as were asked for, and nobody else's."""
    for number, subject in enumerate(["sub-a", "sub-b", "sub-a", "sub-a"]):
        store.sessions.open(session(id=f"s{number}", subject=subject))
    assert [found.id for found in store.sessions.of("sub-a", 2)] == ["s3", "s2"]
    assert store.sessions.of("sub-%", 9) == []


@pytest.mark.parametrize("name", ["01kah9aaaaaaaaaaaaaaaaaaaa", "01kah9a", "aaaa", "01KAH9A"])
def test_a_session_is_found_by_start_or_end(store, name):
    """The whole identifier, its start or its end."""
    store.sessions.open(session())
    assert [found.id for found in store.sessions.find(name)] == [session().id]


def test_an_ambiguous_name_finds_two_and_no_more(store):
    """Two are enough to say that it is ambiguous."""
    for last in "bcde":
        store.sessions.open(session(id=f"01kah9aaaaaaaaaaaaaaaaaaa{last}"))
    assert len(store.sessions.find("01kah9")) == 2


def test_the_exact_name_wins_over_a_longer_one(store):
    """A whole identifier is never ambiguous."""
    store.sessions.open(session(id="abc"))
    store.sessions.open(session(id="abcd"))
    assert [found.id for found in store.sessions.find("abc")] == ["abc"]


@pytest.mark.parametrize("name", ["%", "_1kah9", "01kah9%", "", "' OR 1=1 --", "a\0"])
def test_wildcards_and_quotes_find_nothing(store, name):
    """A name is data: neither SQL nor a pattern."""
    store.sessions.open(session())
    assert store.sessions.find(name) == []


def test_the_latest_come_first_with_their_verdicts(store):
    """As many as asked for, each with its own counts."""
    for number in range(3):
        store.sessions.open(session(id=f"s{number}", started_at=float(number)))
    for number, verdict in enumerate(("hold", "hold", "block")):
        store.sessions.add_command(command(id=f"c{number}", session_id="s2", verdict=verdict))
    store.sessions.add_command(command(id="old", session_id="s0"))
    latest = store.sessions.latest(2)
    assert [summary.session.id for summary in latest] == ["s2", "s1"]
    assert [summary.verdicts for summary in latest] == [{"hold": 2, "block": 1}, {}]


def test_commands_come_in_the_order_they_were_judged(store):
    """Also where two have the same moment."""
    store.sessions.open(session())
    kept = [command(id=f"c{number}", text=f"echo {number}") for number in (2, 1, 3)]
    for each in kept:
        store.sessions.add_command(each)
    assert store.sessions.commands(session().id) == kept


def test_a_hostile_command_text_is_kept_exactly(store):
    """Quotes, escapes, NUL and emoji are bytes of the record."""
    text = "x'; DROP TABLE commands; --\x1b[2J\0\u202e😀\n"
    store.sessions.open(session())
    store.sessions.add_command(command(text=text))
    assert store.sessions.commands(session().id)[0].text == text


def test_an_outcome_is_noted_on_its_command_only(store):
    """By the command's identifier."""
    store.sessions.open(session())
    store.sessions.add_command(command())
    store.sessions.add_command(command(id="c2"))
    store.sessions.set_outcome("c1", "released", "bob")
    first, second = store.sessions.commands(session().id)
    assert (first.outcome, first.outcome_by) == ("released", "bob")
    assert (second.outcome, second.outcome_by) == ("", "")


def test_logins_come_newest_first(store):
    """As many as asked for."""
    for number in range(3):
        store.sessions.add_login(login(at=float(number), serial=number))
    assert [kept.serial for kept in store.sessions.logins(2)] == [2, 1]


def test_commands_judged_alike_are_counted(store):
    """Of one person, account and host; since a moment; the last first."""
    store.sessions.open(session(id="s1", target="a"))
    store.sessions.open(session(id="s2", target="b"))
    for number, (at, where, text) in enumerate(
        [(1.0, "s1", "old"), (2.0, "s1", "ls"), (5.0, "s1", "ls"), (3.0, "s2", "ls")]
    ):
        store.sessions.add_command(command(id=f"c{number}", session_id=where, at=at, text=text))
    found = store.sessions.ran_since(2.0)
    assert [(ran.text, ran.target, ran.times, ran.at) for ran in found] == [
        ("ls", "a", 2, 5.0),
        ("ls", "b", 1, 3.0),
    ]
    assert found[0].subject == session().subject
