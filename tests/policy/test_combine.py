"""The combination table of docs/rules.md, row by row."""

import json
import re
from pathlib import Path

import pytest

from bastion.authorization import Channel, Forward, Limits, Permit
from bastion.policy.access import load
from bastion.target import Login, Target
from bastion.verdict import Profile
from tests.policy.tables import access_of

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()
GPU = Target("gpu-01", "192.0.2.1")
NOW = 1_800_000_000.0  # a Friday, 08:00 UTC
OPEN = {"from": "07:00", "to": "12:00", "zone": "UTC"}
LONGER = {"from": "07:00", "to": "14:00", "zone": "UTC"}
CLOSED = {"from": "20:00", "to": "21:00", "zone": "UTC"}
NOON = NOW + 4 * 3600
BY_LEADS, BY_OTHERS = {"approvers": ["leads"]}, {"approvers": ["others"]}
LEADS_SAID_YES = Permit("r1", "sub", "gpu-01", "me", frozenset({"leads"}), NOW - 100, 600)
SHELL, EXEC, FORWARD = Channel.SHELL, Channel.EXEC, Channel.FORWARD


def grant(**keys):
    return ("grant", {"groups": ["eng"], "logins": ["me"], **keys})


def deny(**keys):
    return ("deny", keys)


def require(**keys):
    return ("require", keys)


# Row of the table: rules, what comes of them (None: refused).
ROWS = {
    "1": ([], None),
    "2": ([grant(session_seconds=60)], ({SHELL, EXEC}, Limits(session_seconds=60))),
    "3": (
        [grant(channels=["shell"]), grant(channels=["exec"])],
        ({SHELL, EXEC}, Limits()),
    ),
    "4": (
        [
            grant(session_seconds=60, idle_seconds=30, sessions=5),
            grant(session_seconds=90, idle_seconds=20),
        ],
        ({SHELL, EXEC}, Limits(session_seconds=60, idle_seconds=20, sessions=5)),
    ),
    "5": (
        [grant(channels=["shell"]), grant(channels=["exec"], windows=[CLOSED], sessions=1)],
        ({SHELL}, Limits()),
    ),
    "6": ([grant(windows=[OPEN]), grant(windows=[LONGER])], ({SHELL, EXEC}, Limits(until=NOON))),
    "7": ([grant(), grant(), deny()], None),
    "8": ([grant(), deny(channels=["shell"])], ({EXEC}, Limits())),
    "9": ([grant(channels=["shell"]), deny(channels=["shell"])], None),
    "10": ([grant(), deny(windows=[CLOSED])], ({SHELL, EXEC}, Limits())),
    "11": (
        [grant(sessions=5), require(sessions=2, idle_seconds=60)],
        ({SHELL, EXEC}, Limits(sessions=2, idle_seconds=60)),
    ),
    "12": ([grant(sessions=2), require(sessions=5)], ({SHELL, EXEC}, Limits(sessions=2))),
    "13": ([grant(), require(amr=["otp"])], None),
    "14": ([grant(), require(windows=[OPEN])], ({SHELL, EXEC}, Limits(until=NOON))),
    "15": ([grant(), require(channels=["exec"])], ({EXEC}, Limits())),
    "16": ([grant(channels=["shell"]), require(channels=["exec"])], None),
    "17": ([grant(), require(logins=["root"], amr=["otp"])], ({SHELL, EXEC}, Limits())),
    "18": ([grant(), require(sessions=5), deny()], None),
    "19": ([require(sessions=5)], None),
    "20": ([grant(), require(pinned_address=True)], None),
    "21": (
        [grant(pinned_address=True, sessions=1), grant(channels=["exec"])],
        ({EXEC}, Limits()),
    ),
    "22": ([grant(approval=BY_OTHERS)], None),
    "23": ([grant(approval=BY_LEADS)], ({SHELL, EXEC}, Limits(approved_until=NOW + 500))),
    "24": (
        [grant(approval={**BY_LEADS, "window_seconds": 300})],
        ({SHELL, EXEC}, Limits(approved_until=NOW + 200)),
    ),
    "25": ([grant(approval={**BY_LEADS, "window_seconds": 100})], None),
    "26": ([grant(approval=BY_OTHERS), grant(channels=["exec"])], ({EXEC}, Limits())),
    "27": (
        [grant(channels=["shell"], approval=BY_LEADS), grant(channels=["exec"])],
        ({SHELL, EXEC}, Limits(approved_until=NOW + 500)),
    ),
    "28": ([grant(), require(approval=BY_OTHERS)], None),
    "29": (
        [grant(approval=BY_LEADS), require(approval={**BY_LEADS, "window_seconds": 150})],
        ({SHELL, EXEC}, Limits(approved_until=NOW + 50)),
    ),
    "30": ([grant(approval=BY_LEADS), deny()], None),
}


def decide(asker, rules):
    return access_of(rules).decide(asker("eng", permits=(LEADS_SAID_YES,)), GPU, Login("me"))


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_the_table(asker, row):
    """What the rules come to."""
    rules, expected = ROWS[row]
    terms = decide(asker, rules).terms
    assert (terms and (terms.channels, terms.limits)) == expected


@pytest.mark.parametrize("row", ROWS)
def test_the_order_of_rules_does_not_matter(asker, row):
    """What comes first is no reason."""
    rules, expected = ROWS[row]
    terms = decide(asker, rules[::-1]).terms
    assert (terms and (terms.channels, terms.limits)) == expected


GUARDRAIL, PROTECTED, LOCKED = Profile
PROFILES = {  # the configuration's, rules, what they come to
    "p1": (PROTECTED, [grant()], PROTECTED),
    "p2": (PROTECTED, [grant(profile="guardrail")], GUARDRAIL),
    "p3": (PROTECTED, [grant(profile="guardrail"), grant()], PROTECTED),
    "p4": (GUARDRAIL, [grant(profile="protected"), require(profile="locked")], LOCKED),
    "p5": (GUARDRAIL, [grant(profile="protected"), require(profile="guardrail")], PROTECTED),
}


@pytest.mark.parametrize("row", PROFILES)
def test_a_row_of_the_table_of_profiles(asker, tmp_path, row):
    """As it is read from a file, with the configuration's profile; in any order."""
    default, rules, expected = PROFILES[row]
    lines = []
    for number, (kind, keys) in enumerate(rules):
        tree = {"id": f"{kind}-{number}", "targets": ["*"], **keys}
        lines += [f"[[{kind}]]", *(f"{key} = {json.dumps(value)}" for key, value in tree.items())]
    (tmp_path / "access.toml").write_text("\n".join(lines))
    access = load(tmp_path / "access.toml", (), default)
    terms = access.decide(asker("eng"), GPU, Login("me")).terms
    assert terms.profile is expected
    if default is GUARDRAIL:
        assert decide(asker, rules[::-1]).terms.profile is expected


def test_the_page_has_the_rows_of_profiles():
    """No row without its test, no test without its row."""
    table = PAGE.partition("### Profiles")[2].partition("\n### ")[0]
    assert re.findall(r"^\| (p\d+) \|", table, re.MULTILINE) == list(PROFILES)


def test_the_page_has_these_rows():
    """No row without its test, no test without its row."""
    table = PAGE.partition("### How rules combine")[2].partition("\n### ")[0]
    assert re.findall(r"^\| (\d+) \|", table, re.MULTILINE) == list(ROWS)


def test_the_places_of_tunnels_add_up_and_go_with_their_channel(asker):
    """Each once; none where the channel was taken away."""
    one = grant(channels=["forward"], forward=["a:1", "b:*"])
    two = grant(channels=["forward", "exec"], forward=["b:*", "c:3"])
    terms = decide(asker, [one, two]).terms
    assert terms.forwards == (Forward("a", 1), Forward("b", None), Forward("c", 3))
    terms = decide(asker, [one, two, deny(channels=["forward"])]).terms
    assert (terms.channels, terms.forwards) == ({EXEC}, ())


def test_the_places_of_listeners_add_up_and_go_with_their_channel(asker):
    """Beside the others, and never mixed with them."""
    one = grant(channels=["exec", "forward-remote"], listen=["a:1"])
    two = grant(channels=["forward", "forward-remote"], forward=["b:2"], listen=["a:1", "c:*"])
    terms = decide(asker, [one, two]).terms
    assert terms.listens == (Forward("a", 1), Forward("c", None))
    assert terms.forwards == (Forward("b", 2),)
    terms = decide(asker, [one, two, require(channels=["exec", "forward"])]).terms
    assert (terms.listens, terms.forwards) == ((), (Forward("b", 2),))
