"""Which command lines run what they read from standard input, and which do not."""

import pytest

from bastion.command.extract import extract
from bastion.command.intake import Intake, intake

SHELL = [
    "bash",
    "sh -s",
    "bash -",
    "bash -s -- a b",
    "bash -x -o pipefail",
    "bash --rcfile x",
    "bash --norc -l",
    "/usr/bin/bash",
    "'ba'sh",
    "sudo bash",
    "sudo -u root -H env FOO=1 sh",
    "env FOO=1 sh",
    "nohup setsid bash",
    "exec -a -bash bash",
    "cat | sh",
    "bash | grep x",
    "cat - | tee copy | sudo sh",
    "sh -c 'cat | bash'",
    "sh -c bash",
    "cd /tmp && bash",
    "(cd /tmp; bash)",
    "x=$(bash)",
    "bash /dev/stdin",
    "bash /dev/fd/0",
    "bash /proc/self/fd/0",
    "cd /dev; bash stdin",
    "bash /dev/./stdin",
    "bash /dev/std*",
    "bash < /dev/stdin",
    "bash <&3",
    "bash $1",
    ". /dev/stdin",
    "source /dev/fd/0",
    "su - root",
    "sudo -i",
    "sudo -s",
    "chroot /mnt",
    "nsenter -m",
    "at now",
    "docker exec -i box bash",
    "kubectl exec -i pod -- sh -s",
    "ssh other bash",
    "while true; do bash; done",
    "f() { bash; }; f",
]

FOREIGN = [
    "python3",
    "python -",
    "python3 -W ignore",
    "python3 -Wcontent",
    "python3.11 -u",
    "/bin/sh -c '/usr/bin/python3 && sleep 0'",
    "sudo -H -S -n -u root /bin/sh -c 'echo BECOME-SUCCESS-x ; /usr/bin/python3' && sleep 0",
    "perl",
    "perl -w -",
    "ruby -r json",
    "node",
    "php",
    "Rscript -",
    "perl -I lib",
]

HIDDEN = [
    "base64 -d | sh",
    "gunzip | sudo bash",
    "base64 -d | sh -c bash",
    "base64 -d | (cat | bash)",
    "base64 -d > >(bash)",
    "tee >(bash)",
    "bash < <(base64 -d)",
    "xargs rm",
    "xargs -I X sh -c X",
    "parallel",
    "fish",
    "$SHELL",
    "/bin/ba*",
    "bash $x",
    "python3 $x",
    "crontab -",
    "make -f -",
    "bash; python3",
    "sed s,a,b, | { cd /; bash; }",
    "rev | while read x; do sudo sh; done",
]

DATA = [
    "cat > file",
    "tar x -C /data",
    "bash script.sh",
    "bash -c 'echo hi'",
    "bash -lc 'cat > file'",
    "bash -x script.sh",
    "bash < script.sh",
    "python3 train.py",
    "python3 -c 'import sys; sys.stdin.read()'",
    "python3 -m json.tool",
    "python3 -Im json.tool",
    "perl -ne print",
    "perl -lane 'print $F[0]'",
    "node -e 1",
    "grep bash",
    "psql",
    "docker load",
    "docker exec -i box cat",
    "su -c 'cat > x' user",
    "sudo -S -u root cat",
    "scp -t /tmp",
    "rsync --server -e.LsfxC . /tmp",
    "git-receive-pack repo.git",
    "make -j 8",
    "",
]


@pytest.mark.parametrize("text", SHELL)
def test_a_shell_that_reads_its_input_is_found(text):
    """However the shell is wrapped or named, its input is shell text."""
    assert intake(extract(text)) is Intake.SHELL


@pytest.mark.parametrize("text", FOREIGN)
def test_an_interpreter_that_reads_its_input_is_found(text):
    """What it reads is a script of another language."""
    assert intake(extract(text)) is Intake.FOREIGN


@pytest.mark.parametrize("text", HIDDEN)
def test_what_cannot_be_seen_before_it_runs_is_hidden(text):
    """Where the input may change on its way, or the words are not known, nobody guesses."""
    assert intake(extract(text)) is Intake.HIDDEN


@pytest.mark.parametrize("text", DATA)
def test_data_stays_data(text):
    """A program that runs nothing of its input is not held up."""
    assert intake(extract(text)) is Intake.DATA
