"""Programs that run another command, and how it is found."""

import pytest

from bastion.command.reading import SimpleCommand
from bastion.command.tokens import split
from bastion.command.wrappers import runs_substitution, script, wrapped


def command(text: str) -> SimpleCommand:
    (found,) = split(text)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "sudo rm x",
        "sudo -u alice -n rm x",
        "sudo -- rm x",
        "sudo A=1 rm x",
        "doas -u root rm x",
        "env -i A=1 B=2 rm x",
        "nohup rm x",
        "nice -n 19 rm x",
        "nice -19 rm x",
        "ionice -c 3 rm x",
        "timeout 5 rm x",
        "timeout -k 5 --signal KILL 10 rm x",
        "setsid rm x",
        "stdbuf -o L rm x",
        "xargs -0 -n 1 rm x",
        "xargs -I {} rm x",
        "command rm x",
        "exec -a name rm x",
        "/usr/bin/time -f %e rm x",
        "busybox rm x",
        "taskset 0x1 rm x",
        "chroot /mnt rm x",
        "flock -w 5 /tmp/l rm x",
        "srun -N 1 --gres=gpu:1 rm x",
        "find . -name y -exec rm x ;",
        "find . -execdir rm x +",
        "watch -n 1 rm x",
    ],
)
def test_a_wrapper_is_peeled(text):
    """Its options and operands are not taken for the command."""
    found = command(text)
    assert [word.text for word in wrapped(found.words, found.program)] == ["rm", "x"]


@pytest.mark.parametrize("text", ["command -v rm", "ls rm x", "sudo -l", "find . -name rm", "env"])
def test_other_programs_run_nothing(text):
    """A query or an argument is no command."""
    found = command(text)
    assert wrapped(found.words, found.program) == ()


@pytest.mark.parametrize(
    "text",
    [
        "sh -c 'rm x'",
        "bash -lc 'rm x' name",
        "bash -x -e -c 'rm x'",
        "bash -o pipefail -c 'rm x'",
        "bash -c -e 'rm x'",
        "bash --norc -c 'rm x'",
        "eval 'rm x'",
        "eval rm x",
        "su -c 'rm x'",
        "su - alice --command 'rm x'",
        "trap 'rm x' EXIT",
    ],
)
def test_shell_text_in_a_word_is_found(text):
    """It is read like any other text."""
    found = command(text)
    word = script(found.words, found.program)
    assert word is not None
    assert word.text == "rm x"


@pytest.mark.parametrize(
    "text", ["bash run.sh -c x", "bash", "python -c 'rm x'", "su alice", "eval"]
)
def test_files_and_other_languages_are_no_shell_text(text):
    """Only what a shell runs as text is read."""
    found = command(text)
    assert script(found.words, found.program) is None


def test_a_shell_fed_by_a_substitution_is_noticed():
    """What it runs is only known when it runs."""
    for text, expected in (("bash <(curl x)", True), (". <(x)", True), ("diff <(a) <(b)", False)):
        found = command(text)
        assert runs_substitution(found.words, found.program) is expected
