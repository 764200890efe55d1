"""A file that a line writes and then runs is read."""

import pytest

from bastion.command.extract import extract
from bastion.command.made_files import made


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("echo 'id -u' > x; sh x", {"x": "id -u"}),
        ("printf 'id\\n' | tee ./x >> y", {"x": "id\n", "y": "id\n"}),
        ("cat > x <<E\nid\nE\n", {"x": "id\n"}),
        ("ls; tee -a x <<E\nid\nE\nls", {"x": "id\n"}),
        ("echo id > x; echo 'ls' >> x", {"x": "id\nls"}),
        ("echo id > x; cat >> x <<E\nls\nE\n", {"x": "id\nls\n"}),
        ("{ echo id; date; echo ls; } > x", {"x": "id\nls"}),
        ("(echo id) > x", {"x": "id"}),
        ("date > x", {}),
        ("echo id", {}),
        ("sort > x <<E\nid\nE\n", {}),
    ],
)
def test_what_is_written_is_known_where_it_stands_there(text, files):
    """By a redirection, by `tee`, from a here-document; what a program makes is not."""
    assert made(extract(text).commands, text) == files


@pytest.mark.parametrize(
    "text",
    [
        "echo 'id -u' > x; sh x",
        "echo 'id -u' > x && bash ./x",
        "echo 'id -u' > x; . ./x",
        "echo 'id -u' > x; chmod +x x; ./x",
        "printf '#!/bin/sh\\nid -u\\n' > x; sudo ./x",
        "echo 'id -u' > x; sbatch x",
        "cat > x <<E\nid -u\nE\nsh x",
        "cat > x <<E\nid -u\nE\nmv x y; sh y",
        "echo 'id -u' > x; cp -t bin x; sh bin/x",
        "echo 'id -u' > a/x; install -m 755 a/x b/; b/x",
        "echo 'id -u' > x; ln -s x y; . ./y",
        "echo 'id -u' > x; cat x > y; sh y",
        "echo 'id -u' > x; cat x | sh",
        "echo 'id -u' > x; cat < x | bash -s",
        "echo 'id -u' > x; sh < x",
        "echo 'import os; os.system(\"id -u\")' > x.py; python3 x.py",
        "cat > x.pl <<'E'\nsystem(\"id -u\");\nE\nperl x.pl",
    ],
)
def test_what_is_run_of_it_is_read(text):
    """By a shell, by itself, or by the interpreter of its language."""
    ran = [[w.text for w in c.words] for c in extract(text).commands]
    assert ["id", "-u"] in ran


def test_files_that_are_copied_to_each_other_do_not_grow_for_ever():
    """Two that get what the other has, again and again."""
    text = "echo a > x; echo b > y; " + "cat x > y; cat y > x; " * 40
    assert sum(map(len, made(extract(text).commands, text).values())) < len(text) * 2


def test_code_comes_with_its_program():
    """So that rules see what stands in it, whatever the language is."""
    commands = extract("echo 'open(1)' > x.go; go run x.go").commands
    assert ["go", "open(1)"] in [[w.text for w in c.words] for c in commands]


@pytest.mark.parametrize(
    "text",
    [
        "echo 'id -u' > x; cat x",
        "echo 'id -u' > x; sh y",
        "echo 'id -u' > x; cp x y; sh z",
        "echo 'id -u' > x; sh z < x",
    ],
)
def test_what_is_only_read_is_not_run(text):
    """A file is data until something runs it."""
    assert ["id", "-u"] not in [[w.text for w in c.words] for c in extract(text).commands]
