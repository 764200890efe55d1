"""Columns and times of the bastion's own commands."""

from bastion.downstream.commands.columns import columns, utc


def test_columns_are_aligned_by_what_is_seen():
    """Wide characters count twice, hostile ones show as escapes; nothing trails."""
    lines = columns([("日本", "x", ""), ("a\x1b[2J", "y", "z")])
    assert lines == ["日本      x", r"a\x1b[2J  y  z"]


def test_no_rows_no_lines():
    """Nor a heading, which a script would have to skip."""
    assert columns([]) == []


def test_times_name_their_zone():
    """The bastion does not know the reader's."""
    assert utc(0) == "1970-01-01 00:00:00 UTC"
