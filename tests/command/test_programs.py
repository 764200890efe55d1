"""Which program a line is: by its parsed words, with every way to pose as one."""

import pytest

from bastion.command.extract import extract
from bastion.command.programs import kind_of, refused

KNOWN = {
    "scp -t /tmp": "scp",
    "scp -r -p -d -t -- /tmp": "scp",
    "scp -pt /tmp": "scp",
    "scp -f *.log": "scp",
    "/usr/bin/scp -f x": "scp",
    '"scp" -t x': "scp",
    "rsync --server -logDtprze.iLsfxC . /data": "rsync",
    "rsync --server --sender -vlogDtprze.iLsfxC . /data": "rsync",
    "git-upload-pack 'group/repo.git'": "git",
    "git-receive-pack '/srv/repo.git'": "git",
    "git upload-archive repo": "git",
    "/usr/lib/openssh/sftp-server": "sftp-server",
    "mosh-server new -s -c 8 -l LANG=C.UTF-8": "mosh-server",
}

POSING = [
    "scp -t /tmp; rm x",
    "scp;rm x",
    "scp -t /tmp && rm x",
    "scp -t /tmp | sh",
    "scp -t /tmp &",
    "(scp -t /tmp)",
    "! scp -t /tmp",
    "scp -t > x /tmp",
    "env scp -t /tmp",
    "sudo scp -t /tmp",
    "scp -t $(rm x)",
    "scp -t `rm x`",
    "scp -t $x",
    "scp -t /tmp > /etc/passwd",
    "scp -t <(rm x)",
    "LD_PRELOAD=/tmp/x.so scp -t /tmp",
    "./scp -t /tmp",
    "/tmp/scp -t /tmp",
    "/tmp/../bin/scp -t /tmp",
    "scp a b",
    "scp a -t b",
    "scp -- -t",
    "scp -oProxyCommand=touch a b:",
    "scp -Ft a b:",
    "scpx -t /tmp",
    "{scp,-t,/tmp}",
    "s?p -t /tmp",
    "rsync -av --server a b",
    "rsync a b",
    "git log",
    "git -c core.pager=sh upload-pack x",
    "bash -c 'scp -t /tmp'",
    "scp -t /tmp\nrm x",
    "scp -t 'unclosed",
    "",
]


@pytest.mark.parametrize(("text", "kind"), KNOWN.items())
def test_a_program_is_known_by_its_words(text, kind):
    """However it is quoted, and from the system's folders."""
    assert kind_of(extract(text)) == kind


@pytest.mark.parametrize("text", POSING)
def test_nothing_poses_as_one(text):
    """A second command, a wrapper, a substitution, a file: then it is a line like others."""
    assert kind_of(extract(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "mosh-server new",
        "env LANG=C mosh-server new",
        "sudo /usr/lib/openssh/sftp-server",
        "exec sftp-server",
        "true; sh -c 'internal-sftp'",
        "/tmp/sftp-server -e",
    ],
)
def test_what_is_refused_is_found_wherever_it_runs(text):
    """No wrapper makes a file server or mosh pass."""
    found = refused(extract(text))
    assert found is not None
    assert "use `" in found.sentence


@pytest.mark.parametrize("text", ["which mosh-server", "scp -t /tmp", "ls /usr/lib/openssh"])
def test_others_are_not_refused(text):
    """Naming a program is not running it."""
    assert refused(extract(text)) is None
