"""What tmux runs beside its windows is found."""

import pytest

from bastion.command.tmux_texts import of_tmux
from bastion.command.tokens import split


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tmux set -g default-command 'id -u'", ["id -u"]),
        ("tmux -c 'id -u'", ["id -u"]),
        ("tmux new -c /work", []),
        ("tmux set-hook -g session-created 'run-shell id'", ["tmux run-shell id"]),
        ("tmux if -b 'test -f x' 'new-window id'", ["tmux new-window id", "test -f x"]),
        ("tmux set -g status-right '#(id -u) #(df)'", ["id -u", "df"]),
        ("tmux set -g status-right '#{host} %H'", []),
        ("tmux new -s a", []),
        ("tmux set -g default-command $x", []),
        ("tmux", []),
    ],
)
def test_what_tmux_runs_is_found(text, found):
    """Now, or when a key comes, something happens, or the line at the bottom is drawn anew."""
    (command,) = split(text)
    assert [word.text for word in of_tmux(command.words)] == found
