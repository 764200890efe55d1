"""Transfers that run as commands: their direction, their paths, how deep they go."""

import pytest

from bastion.command.extract import extract
from bastion.command.transfer import below_home, transfer_of


@pytest.mark.parametrize(
    ("command", "action", "paths", "is_deep"),
    [
        ("scp -t /tmp/x", "upload", ("/tmp/x",), False),
        ("scp -f /tmp/x", "download", ("/tmp/x",), False),
        ("scp -v -r -p -d -t -- -x", "upload", ("-x",), True),
        ("scp -rf a 'b c'", "download", ("a", "b c"), True),
        ("/usr/bin/scp -t .", "upload", (".",), False),
        ("rsync --server -logDtpre.iLsfxCIvu . /data/", "upload", ("/data/",), True),
        ("rsync --server --sender -logDtpre.iLsfxCIvu . /data", "download", ("/data",), True),
        ("rsync --server --sender -le.LsfxCIvur . a b", "download", ("a", "b"), False),
        ("rsync --server --sender -e.L --files-from=- --from0 . /", "download", ("/",), True),
        ("rsync --server --sender -e.x -r . /models", "download", ("/models",), True),
        ("rsync --server --sender -a . /models", "download", ("/models",), True),
        ("rsync --server --sender . /models -r", "download", ("/models",), True),
        ("rsync --server --sender . '/models/*'", "download", ("/models/*",), False),
        ("rsync --server --sender . /models/x*", "download", ("/models",), True),
        ("rsync --server --sender . . /x", "download", (".", "/x"), False),
        ("rsync --server --link-dest /old -e.L . x", "upload", ("/old", "x"), True),
    ],
)
def test_what_a_transfer_carries(command, action, paths, is_deep):
    """By the words, as the program reads them."""
    found = transfer_of(extract(command))
    assert (found.action, found.paths, found.is_deep) == (action, paths, is_deep)


@pytest.mark.parametrize(
    "option",
    ["--daemon", "--config=/tmp/x", "-s", "-vs", "--log-file=/etc/cron.d/x", "-M--daemon"],
)
@pytest.mark.parametrize("line", ["rsync --server {} . /x", "rsync --server . /x {}"])
def test_options_of_rsync_that_hide_what_is_carried_are_a_problem(option, line):
    """Wherever they stand: rsync takes them behind paths too."""
    assert transfer_of(extract(line.format(option))).problem


def test_a_deleting_rsync_says_so():
    """Both ways: what was sent, and what is not sent any more."""
    for line in (
        "rsync --server --sender --remove-source-files . x",
        "rsync --server --delete . x",
    ):
        assert transfer_of(extract(line)).is_deleting


def test_folders_that_the_shell_looks_for_are_named():
    """What scp is to send from them has a name that the line does not hold."""
    assert transfer_of(extract("scp -f /a/et?/shadow /b/*.log")).sought == ("/a",)


@pytest.mark.parametrize(
    ("line", "is_into"),
    [
        ("scp -t x", False),
        ("scp -d -t x", True),
        ("scp -t x/", True),
        ("scp -t .", True),
        ("scp -r -t .", True),
        ("scp -r -t x/", False),
    ],
)
def test_where_a_file_gets_its_own_name_is_known_or_not(line, is_into):
    """Whether `x` is a folder the host knows; a new one may be made by `-r`."""
    assert transfer_of(extract(line)).is_into is is_into


@pytest.mark.parametrize(
    "command",
    [
        "scp a b:c",
        "scp -t x; rm y",
        "scp -t $(rm x)",
        "scp -t x > y",
        "env scp -t x",
        "bash -c 'scp -t x'",
        "./scp -t x",
        "rsync a b",
        "rsync --daemon",
        "ls",
    ],
)
def test_other_lines_are_none(command):
    """They are commands like others, and recorded as such."""
    assert transfer_of(extract(command)) is None


@pytest.mark.parametrize(
    ("path", "whole"),
    [
        ("/x", "/x"),
        ("x", "/~/x"),
        ("~/x", "/~/x"),
        ("~", "/~"),
        (".", "/~"),
        ("/a/../b", "/b"),
        ("~bob/x", "/~bob/x"),
        ("~bob/../../etc/x", "/etc/x"),
    ],
)
def test_relative_paths_stand_below_an_unknown_home(path, whole):
    """So that no rule for an absolute place takes one for another."""
    assert below_home(path) == whole
