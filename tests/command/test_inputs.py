"""What a command is told by its input."""

import pytest

from bastion.command.extract import extract


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("echo 'rm -rf /usr' | sh", "rm"),
        ("echo rm -rf /usr | sudo bash -s", "rm"),
        ("printf 'rm -rf /usr' | tee x | zsh", "rm"),
        ("echo cm0gLXJmIC91c3I= | base64 -d | sh", "rm"),
        ("base64 -d <<< cm0gLXJmIC91c3I= | sh", "rm"),
        ("echo 'rm x' | ssh host", "rm"),
        ("echo 'rm x' | ssh host bash -s", "rm"),
        ("ssh host <<E\nrm x\nE", "rm"),
        ("echo 'rm x' | parallel -j2", "rm"),
        ("sudo -i <<< 'rm x'", "rm"),
        ("bash /dev/stdin <<E\nrm x\nE", "rm"),
        (". /dev/stdin <<< 'rm x'", "rm"),
        ("""python3 - <<< 'import os; os.system("rm x")'""", "rm"),
        ("""perl <<E\nsystem("rm x")\nE""", "rm"),
        ("gdb <<E\nshell rm x\nE", "rm"),
        ("echo '!rm x' | ed", "rm"),
        ("""bind -x '"\\C-l": rm x'""", "rm"),
        ("scontrol <<< 'update nodename=a'", "scontrol"),
        ("echo 'update nodename=a' | nvidia-cuda-mps-control", "nvidia-cuda-mps-control"),
        ("echo 'update nodename=a' | scontrol", "scontrol"),
        ("scontrol <<E\nupdate nodename=a\nE", "scontrol"),
    ],
)
def test_what_it_runs_is_read(text, runs):
    """As a command of its own."""
    last = extract(text).commands[-1]
    assert (last.program, len(last.words) > 1) == (runs, True)


@pytest.mark.parametrize(
    "text",
    [
        *("echo rm | ssh host cat", "echo rm | parallel echo"),
        "echo 'system(\"rm x\")' | perl x.pl",
        *(
            "echo rm | sh x.sh",
            "echo rm | sh -c ls",
            "ls | sh",
            "echo rm | cat",
            "scontrol show node",
        ),
    ],
)
def test_what_it_does_not_take_is_not(text):
    """A script, `-c`, files and other programs."""
    assert not any(c.words[:1] and c.program == "rm" for c in extract(text).commands)


def test_what_cannot_be_known_is_said():
    """The text of a variable runs."""
    assert extract('echo "$x" | sh').opaque == "dynamic-command"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("bash -x <<'E'\nls x\nE", ["bash", "-x", "-c", "ls x\n"]),
        ("sudo bash <<E\nls x\nE", ["bash", "-c", "ls x\n"]),
        ("sh <<< 'ls x'", ["sh", "-c", "ls x"]),
        ("echo 'ls x' | sh", ["sh", "-c", "ls x"]),
        ("sh <<E\nls $x\nE", ["sh"]),
        ("cat <<E; sh\nls\nE", ["sh"]),
        ("sh; cat <<E\nls\nE", ["sh"]),
        ("cat x | sh", ["sh"]),
        ("echo bHM= | base64 -d | sh", ["sh"]),
        ("sh < x", ["sh"]),
    ],
)
def test_what_a_shell_is_told_stands_by_it(text, words):
    """As behind `-c`; where it is not known in full, or belongs to another, the shell is bare."""
    ran = [[w.text for w in c.words] for c in extract(text).commands]
    assert words in ran
