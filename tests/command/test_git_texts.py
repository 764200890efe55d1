"""What git is told to run is found."""

import pytest

from bastion.command.git_texts import of_git
from bastion.command.tokens import split


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("git -c core.pager='id -u' log", ["id -u"]),
        ("git -C x -c alias.y='!id' y", ["id"]),
        ("git -c alias.y=status y", []),
        ("git config --global core.sshCommand 'id -u'", ["id -u"]),
        ("git config alias.st '!id'", ["id"]),
        ("git config alias.st status", []),
        ("git config user.name id", []),
        ("git config filter.x.smudge id", ["id"]),
        ("git config --get core.pager", []),
        ("git bisect run make test", ["make test"]),
        ("git bisect run sh -c 'id -u'", ["sh -c 'id -u'"]),
        ("git bisect good", []),
        ("git grep -O'id -u' x", ["id -u"]),
        ("git grep -Oid x", ["id"]),
        ("git submodule foreach --recursive 'id -u'", ["id -u"]),
        ("git rebase -x 'make test' main", ["make test"]),
        ("git rebase --exec='make test' main", ["make test"]),
        ("git filter-branch --tree-filter 'rm x' HEAD", ["rm x"]),
        ("git clone -c core.fsmonitor=id u", ["id"]),
        ("git clone --upload-pack='id;' h:x", ["id;"]),
        ("git clean -x d", []),
        ("git", []),
    ],
)
def test_what_git_runs_is_found(text, found):
    """As a setting, kept or not, behind a verb, or as the value of an option."""
    (command,) = split(text)
    assert [word.text for word in of_git(command.words)] == found
