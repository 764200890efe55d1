"""Folders of access rules: how they are written, and the table of docs/rules.md, row by row."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from bastion.files import EVERYWHERE, Places
from bastion.identity import Evidence
from bastion.policy.grant import Grant
from bastion.target import Login, Target
from tests.policy.tables import access_of

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()
GPU = Target("gpu-01", "192.0.2.1")
BOTH, READ, WRITE = ["sftp-read", "sftp-write"], ["sftp-read"], ["sftp-write"]


def grant(channels=BOTH, **keys):
    return ("grant", {"groups": ["eng"], "logins": ["me"], "channels": channels, **keys})


def deny(**keys):
    return ("deny", keys)


def require(**keys):
    return ("require", keys)


# Row of the table: rules, where files may be read, where written.
ROWS = {
    "f1": ([grant()], EVERYWHERE, EVERYWHERE),
    "f2": ([grant(read=["/data"])], ("/data",), EVERYWHERE),
    "f3": ([grant(read=["/a"]), grant(read=["/b", "/a"])], ("/a", "/b"), EVERYWHERE),
    "f4": ([grant(READ, read=["/a"]), grant(WRITE)], ("/a",), EVERYWHERE),
    "f5": ([grant(read=["/a"]), grant(READ)], ("/a", "/"), EVERYWHERE),
    "f6": ([grant(write=["/home/{account}"])], EVERYWHERE, ("/home/ann",)),
    "f7": ([grant(READ, read=["/{claims.team}/x"])], (), ()),
    "f8": (
        [grant(read=["/data", "/home"]), require(read=["/data/open", "/home"])],
        ("/home", "/data/open"),
        EVERYWHERE,
    ),
    "f9": ([grant(read=["/data"]), require(read=["/home"])], (), EVERYWHERE),
    "f10": ([grant(), deny(channels=WRITE)], EVERYWHERE, ()),
}


def decide(asker, rules):
    return access_of(rules).decide(asker, GPU, Login("me"))


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_the_table(asker, row):
    """Where files may be read and written by these rules."""
    rules, read, write = ROWS[row]
    terms = decide(asker("eng"), rules).terms
    assert terms.files == Places(read, write)


def test_the_page_has_these_rows():
    """No row without its test, no test without its row."""
    table = PAGE.partition("### Folders")[2].partition("\n### ")[0]
    assert re.findall(r"^\| (f\d+) \|", table, re.MULTILINE) == list(ROWS)


@pytest.mark.parametrize("team", ["..", ".", "a/b", "", "*", "a\nb"])
def test_a_claim_does_not_lead_elsewhere(asker, team):
    """What the provider says becomes one plain name, or names no folder."""
    whom = replace(asker("eng"), evidence=Evidence(claims={"team": team}))
    terms = decide(whom, [grant(read=["/data/{claims.team}"])]).terms
    assert terms.files.read == ()


@pytest.mark.parametrize("folder", ["data", "/data/", "/a/../b", "//x", "/a*", "/{login}", ""])
def test_what_is_no_folder_is_refused(folder):
    """When the file is read, not when somebody comes."""
    with pytest.raises(ValidationError):
        Grant.model_validate({"id": "x", "targets": ["*"], **grant(read=[folder])[1]})


def test_a_folder_needs_its_channel():
    """A grant that limits what it does not open is a mistake."""
    with pytest.raises(ValidationError, match="sftp-write"):
        Grant.model_validate({"id": "x", "targets": ["*"], **grant(READ, write=["/a"])[1]})
