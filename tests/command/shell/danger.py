"""A program that no shell may run, and a judge that sees to that."""

from pathlib import Path

from bastion.command.shell.questions import Answer, Kind


def refuse_danger(question):
    """What a judge would answer: it sees through quotes, and steps into what hides commands."""
    text = question.text.replace("''", "").replace('""', "")
    if "danger" in text or '"$unknown"' in text or not text:
        return Answer.DENY
    hides = any(word in text for word in ("eval", "source", "${x}", "$c"))
    return Answer.STEP if hides and question.kind is Kind.LINE else Answer.ALLOW


def guarded(shells, home, shell):
    """A shell that may run anything but danger, which leaves a file `ran` where it may run."""
    danger = home / "danger"
    danger.write_text(f"#!/bin/sh\necho $1 >>{home}/ran\n")
    danger.chmod(0o755)
    one = shells(shell)
    one.line("danger 0")
    assert ran(one), one.screen
    (home / "ran").unlink()
    one.judge = refuse_danger
    return one


def unanswered(shell, line):
    """The shell's question about *line*, which nobody has answered."""
    kept = []
    shell.judge = kept.append
    shell.type(f"{line}\r")
    shell.until(lambda: kept)
    return kept[0]


def ran(shell):
    return (shell.home / "ran").exists()


def nothing_runs_without_answers(shell, mark):
    """The side channel of *shell* dies: lines are dropped, one *mark* more each; none is left."""
    unanswered(shell, "danger 1")
    shell.side.kill()
    shell.side.wait()
    for keys in ("", "danger 2\r"):
        before = shell.screen.count(mark)
        shell.type(keys)
        shell.until(lambda before=before: shell.screen.count(mark) > before)
    assert not ran(shell)
    places = ("/dev/shm", "/tmp")
    assert not any(Path(place, shell.secret.folder).exists() for place in places)
