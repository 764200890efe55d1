"""What is put into variables that programs run is found."""

import pytest

from bastion.command.environment import texts
from bastion.command.tokens import split


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("PAGER='id -u' git log", ["id -u"]),
        ("export GIT_SSH_COMMAND='id -u'", ["id -u"]),
        ("GIT_CONFIG_VALUE_0='id -u' git log", ["id -u"]),
        ("env EDITOR=id crontab -e", ["id"]),
        ("sudo SUDO_EDITOR=id sudoedit x", ["id"]),
        ("LESSOPEN='|id %s' less x", ["id %s"]),
        ("PROMPT_COMMAND+='; id'", ["id"]),
        (r"PS1='\u $(id -u) `who`'", ["id -u\nwho"]),
        ("export BASH_ENV=/a/b", [". /a/b"]),
        ("export RPS1='$(id -u) %~'", ["id -u"]),
        ("SPROMPT='`id`'", ["id"]),
        ("TAR_OPTIONS='-v --to-command=id' tar xf x", ["tar -v --to-command=id"]),
        ("ENV=production node x", []),
        ("PATH=/a:$PATH ls", []),
        ("PAGER=$x man ls", []),
        ("echo PAGER=id", []),
    ],
)
def test_what_programs_take_from_variables_is_found(text, found):
    """Set for one command, or for all that follow."""
    (command,) = split(text)
    assert [word.text for word in texts(command)] == found
