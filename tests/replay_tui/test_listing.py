"""The catalogue's rows as values."""

from dataclasses import replace
from datetime import UTC

import pytest
from rich.cells import cell_len

from bastion.recording.archive import Finding, Proof
from bastion.store.rows import SessionSummary
from replay_tui.listing import Row, columns

HOSTILE = "[red]x[/]\x1b[2J\u202e\n" + "y" * 300


def cells(row, width, now=0.0):
    """What each column says, by its key."""
    return {column.key: column.cell(row, now, UTC).plain for column in columns(width)}


@pytest.fixture
def row(story):
    """The story's session."""
    verdicts = {"allow": 1, "hold": 1, "block": 12}
    return Row(SessionSummary(story.session, verdicts), Finding("x", Proof.SEALED, "5 links"))


def test_a_wide_window_tells_everything(row):
    """Who, where, how long, what was stopped, how it ended, whether it is proven."""
    assert cells(row, 140) == {
        "when": "2027-01-15 08:00",
        "who": "ann",
        "where": "root@gpu-01",
        "kind": "shell",
        "long": "1:40",
        "verdicts": " 1✓  1◆ 12✗  · ",
        "ended": "exit 0",
        "proof": "✓ sealed",
    }


@pytest.mark.parametrize("width", [60, 79, 80, 119, 120, 200])
def test_columns_fit_the_window(row, width):
    """Two cells of padding each; no cell is wider than its column, whatever is in it."""
    shown = columns(width)
    assert sum(column.width + 2 for column in shown) < width  # one is the scrollbar's
    session = replace(row.session, account=HOSTILE, login=HOSTILE, target=HOSTILE, ending=HOSTILE)
    hostile = replace(row, summary=SessionSummary(replace(session, command=HOSTILE)))
    for each in (row, hostile):
        for column in shown:
            assert cell_len(column.cell(each, 0.0, UTC).plain) <= column.width


def test_markup_and_escapes_stay_text(row):
    """What people chose is shown, not obeyed."""
    hostile = replace(row, summary=SessionSummary(replace(row.session, account=HOSTILE)))
    assert cells(hostile, 140)["who"] == "[red]x[/]\\x1b[2…"


def test_a_live_session_counts_on(row):
    """Up to now, and it says that it is live."""
    live = replace(row.session, ended_at=None, ending="", exit_status=None)
    row = replace(row, summary=SessionSummary(live), finding=Finding("x", Proof.LIVE, ""))
    told = cells(row, 140, now=live.started_at + 90_061)
    assert (told["long"], told["ended"], told["proof"]) == ("25:01:01", "live", "● live")


@pytest.mark.parametrize(
    ("proof", "told"),
    [
        (Proof.RECOVERED, "✓ recovered"),
        (Proof.FAILED, "! failed"),
        (Proof.UNSEALED, "✗ unsealed"),
        (Proof.BROKEN, "✗ broken"),
        (Proof.MISSING, "✗ missing"),
    ],
)
def test_proofs(row, proof, told):
    """Each with its sign; before anybody looked, dots."""
    assert cells(replace(row, finding=Finding("x", proof, "")), 140)["proof"] == told
    assert cells(replace(row, finding=None), 140)["proof"] == "…"


@pytest.mark.parametrize(
    "query", ["ann", "GPU-01", "root@", "s-ann", "rm", "data.delete", "ann rm", "", "  ", "shell"]
)
def test_the_filter_finds(row, query):
    """Who, where, kind, command and rule; every word counts, in any case of letters."""
    assert replace(row, searched="rm -rf x\ndata.delete").matches(query)


@pytest.mark.parametrize("query", ["bob", "gpu-02", "ann gpu-02", "rmx", ".*"])
def test_the_filter_leaves_out(row, query):
    """A word that stands nowhere; it is no pattern."""
    assert not replace(row, searched="rm -rf x\ndata.delete").matches(query)


def test_a_session_that_ended_is_looked_at_again(row):
    """Its seal was not there before."""
    live = replace(row.session, ended_at=None)
    before = replace(row, summary=SessionSummary(live), searched="x")
    same = before.refreshed(SessionSummary(live, {"allow": 2}))
    assert (same.finding, same.counted("allow"), same.searched) == (row.finding, 2, "x")
    assert before.refreshed(row.summary).finding is None


def test_sorting_by_verdicts_puts_the_worst_apart(row):
    """Blocked first, then held, then opaque."""
    order = {column.key: column.order for column in columns(140)}["verdicts"]
    counts = [{"allow": 9}, {"opaque": 1}, {"hold": 1}, {"block": 1}, {"block": 2}]
    rows = [replace(row, summary=SessionSummary(row.session, each)) for each in counts]
    assert sorted(rows, key=lambda each: order(each, 0.0)) == rows
