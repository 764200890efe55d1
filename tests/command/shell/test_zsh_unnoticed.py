"""What a person sees of an integrated zsh: nothing."""

import re

import pexpect

from bastion.command.shell.questions import Answer, Kind
from tests.command.shell.test_unnoticed import CODES

READY = "\x1b[?2004h"
"""What zsh writes when it is ready to be typed to."""
BEGINS = "\x1b[?2004l"
LINES = [
    "TRAPZERR() { echo failed $? }",
    "true | false",
    "(exit 4); rcf",
    "unfunction TRAPZERR",
    "true | false",
    "rcf; print $pipestatus",
    "f() { true | (exit 3); print $pipestatus }",
    "f; true | false; print $pipestatus $?",
    "[[ abc =~ '(b)c' ]]",
    "rcf; echo $MATCH $match",
    "autoload -Uz zmv; touch a.txt",
    "zmv -n '(*).txt' '$1.md'",
    "setopt rematch_pcre",
    "echo matched; rcf matched",
    "unsetopt rematch_pcre",
    "set -x",
    "rcf traced; for i in 1 2; do rcf $i; done",
    "x=$(rcf)",
    "set +x",
    "trap 'echo caught' USR1",
    "trap",
    "(( $+functions[rcf] )) && echo ${functions[rcf]}",
    "zmodload -i zsh/mathfunc; echo $(( int(2.5) ))",
]


def transcript(type_, until, screen):
    """What each of the lines showed."""
    until(lambda: READY in screen())
    told = []
    for line in LINES:
        before = screen().count(READY)
        type_(line + "\r")
        until(lambda before=before: screen().count(READY) > before)
        told.append((line, CODES.sub("", screen().rpartition(BEGINS)[2])))
    return told


def plainly(home, env):
    """The transcript of a zsh that nobody integrated."""
    tty = pexpect.spawn(
        "/bin/sh",
        ["-c", "exec /usr/bin/zsh -f -c 'exec -a -zsh /usr/bin/zsh'"],
        env=env,
        cwd=str(home),
        dimensions=(40, 160),
    )
    tty.delaybeforesend = None
    shown = ""

    def until(done):
        nonlocal shown
        while not done():
            shown += tty.read_nonblocking(65536, 10).decode()

    try:
        return transcript(tty.send, until, lambda: shown)
    finally:
        tty.close(force=True)


def test_zsh_is_as_it_is_without_us(shells, home):
    """Line by line it shows what a plain zsh shows, also where each command is asked for."""
    one = shells("/usr/bin/zsh")
    expected = plainly(home, one.env)
    assert transcript(one.type, one.until, lambda: one.screen) == expected
    two = shells("/usr/bin/zsh", is_ready=False)
    two.judge = lambda q: Answer.STEP if q.kind is Kind.LINE else Answer.ONCE
    listed = re.compile(r"trap -- [^\n]* DEBUG\n")
    stepped = transcript(two.type, two.until, lambda: two.screen)
    assert [(line, listed.sub("", shown)) for line, shown in stepped] == expected
    assert not any(q.kind == "H" for q in one.heard + two.heard)


def test_keys_do_what_they_do_without_us(shells):
    """A completion that fails ends no shell with ERR_EXIT; Ctrl-D is told what to type."""
    one = shells("/usr/bin/zsh")
    one.line("setopt err_exit ignore_eof; TRAPZERR() { echo failed $? }")
    before = one.screen.count("\x07")
    one.type("ls nothing-of-that-name\t")
    one.until(lambda: one.screen.count("\x07") > before)
    one.type("\x15\x04")
    one.until(lambda: "use 'logout' to logout." in one.screen)
    one.line("echo here")
    assert "failed" not in one.screen.partition("nothing")[2]
