"""What a key of zsh runs at a prompt, before any line does, is asked for."""

import pytest

from bastion.command.shell.questions import Answer, Kind
from tests.command.shell.danger import guarded, ran

DROP = "\x15"


@pytest.fixture
def zsh(shells, home):
    """A zsh that may run anything but danger, and completes by functions, as most do."""
    with (home / ".zshrc").open("a") as file:
        file.write("autoload -U compinit && compinit -u\nrcd() { danger 2 }\n")
    return guarded(shells, home, "/usr/bin/zsh")


EXPANDED = [
    "echo $(danger 1)\t",
    "echo `danger 1`\t",
    'echo "a b $(danger 1)\t',
    "ls $(danger 1)/x\t",
    "echo $(danger 1)\x18*",
    "echo $(danger 1)\x18g",
    "echo $(danger 1)\x18x",
    "echo ${(e)y}\t",
    "echo /*(e:danger 1:)\t",
    "echo $(rcd)\t",
]


def test_what_a_key_expands_is_asked_for(zsh):
    """Also in a function, and where options and traps are local."""
    zsh.line("y='$(dan'; y+='ger 1)'; bindkey '^Xx' .expand-word")
    for first in ("true", "setopt local_options local_traps"):
        zsh.line(first)
        for keys in EXPANDED:
            said = zsh.keys(keys)
            assert any("danger" in text for text in zsh.asked(said, [Kind.COMMAND]))
            zsh.type(DROP)
            zsh.line("true")
            assert not ran(zsh), (first, keys)


def test_what_is_allowed_is_expanded(zsh):
    """As without us; what runs nothing is completed without a question."""
    for name in ("one", "other"):
        (zsh.home / name).touch()
    assert zsh.asked(zsh.keys("echo $(echo hi there)\t")) == ["echo hi there"]
    assert zsh.asked(zsh.line("")) == ["echo hi there "]
    assert zsh.asked(zsh.line("ls on\t")) == ["ls one"]
    zsh.line("setopt menu_complete")
    assert zsh.asked(zsh.line("ls ~/o\t\t")) == ["ls ~/other"]


def test_the_editor_of_a_line_is_asked_for(zsh):
    """It reads what is typed into it; denied, it is not started."""
    (zsh.home / "writer").write_text("#!/bin/sh\necho 'danger 3' >$1\n")
    (zsh.home / "writer").chmod(0o755)
    zsh.line("autoload -U edit-command-line; zle -N edit-command-line; VISUAL=writer")
    zsh.line("bindkey '^Xe' edit-command-line")
    assert zsh.asked(zsh.keys("echo a\x18e")) == ["writer command.zsh"]
    assert zsh.asked(zsh.line("")) == ["danger 3"]
    zsh.judge = lambda q: Answer.DENY if q.kind is Kind.COMMAND else Answer.ALLOW
    zsh.keys("echo a\x18e")
    assert zsh.asked(zsh.line("")) == ["echo a"]
    assert not ran(zsh)


COMPLETED = [
    "z=-e; d=dan; zstyle $z ':completion:*' menu \"${d}ger 4\"",
    "d=dan; zstyle ':completion:*:processes' command \"${d}ger 4;\"",
    "d=dan; zstyle ':completion:*' completer ${d}ger",
    'd=dan; _comps[ls]="${d}ger 4;"',
    "d=dan; _patcomps[l*]=\"${d}ger 4;\"; unset '_comps[ls]'",
]


def test_what_completions_run_is_asked_for(zsh):
    """At the prompt behind the line that says so; denied, it is forgotten, and the rest is kept."""
    zsh.judge = stepped
    zsh.line("zstyle ':completion:*' verbose yes")
    for line in COMPLETED:
        asked = zsh.asked(zsh.line(line), "C")
        assert asked[-1].strip().startswith("danger"), line
        for keys in ("ls on\t", "kill \t"):
            zsh.type(f"{keys}{DROP}")
        zsh.line("true")
        assert not ran(zsh), line
    zsh.line("zstyle -t ':completion:x' verbose && echo kept $+_comps[cd]")
    assert "kept 1" in zsh.screen


def stepped(question):
    """Each command of a line is asked for, none may be danger."""
    if "danger" in question.text:
        return Answer.DENY
    return Answer.STEP if question.kind is Kind.LINE else Answer.ALLOW
