"""What a person sees of an integrated shell: nothing."""

import re
import time

import pexpect

PROMPT = "P> "
LINES = [
    "echo one two",
    "echo $? $_",
    "false",
    "echo $?",
    "true | false | true",
    "echo ${PIPESTATUS[@]}",
    "cd / && pwd; cd - >/dev/null",
    "echo $0 $- $SHELLOPTS $BASHOPTS",
    'echo "$PS1|$PS2|$HISTCONTROL|$HISTIGNORE|$ENV|$HISTFILE"',
    "env | grep -i bastion; ls /proc/self/fd | wc -l",
    " echo hidden from history",
    "echo twice",
    "echo twice",
    "history | sed 's/^ *[0-9]* *//'",
    "trap 'echo caught' USR1; kill -USR1 $$; trap -p USR1",
    "trap 'echo last' RTMAX; kill -RTMAX $$; trap -p RTMAX; RANDOM=5",
    "echo $RANDOM; kill -RTMAX $$; trap - RTMAX",
    "trap 'echo failed' ERR; false; trap - ERR",
    "trap 'echo interrupted' INT",
    "trap -p INT; trap - INT",
    "f() { local x=$1; echo f $x $# $FUNCNAME; return 3; }",
    "f a b",
    "echo $?",
    "rcz x; rcf y",
    "echo 'two\rlines'",
    "for i in 1 2; do\recho $i\rdone",
    "cat <<E\rtext $i\rE",
    "(exit 7); echo $?",
    "x=$(echo sub); echo $x",
    "set -u; echo ${nothing-}; set +u",
    "set -x",
    "echo traced",
    "set +x 2>/dev/null",
    "set -e",
    "true; rcf careful",
    "set +e",
    "set -o vi",
    "echo vi",
    "set -o emacs",
    "trap 'echo before $BASH_COMMAND' DEBUG",
    "echo debugged",
    "rcf debugged",
    "trap - DEBUG",
    "PROMPT_COMMAND='echo prompting'",
    "echo prompted; false",
    "PROMPT_COMMAND='echo $?'",
    "(exit 9)",
    "unset PROMPT_COMMAND",
    "!echo:0 recalled",
    "type f | head -3",
    "shopt -s autocd",
    "echo $BASHOPTS",
    "echo $BASH_SUBSHELL $(echo $BASH_SUBSHELL)",
    "exit 5",
]
CODES = re.compile(r"\x1b\[\??[0-9;]*[a-zA-Z]|\r")


def transcript(type_, read, lines):
    """What was shown after each of *lines*; `read` returns None at the end."""
    shown = ""

    def wait(for_, after=0):
        nonlocal shown
        end = time.monotonic() + 10
        while not CODES.sub("", shown[after:]).endswith(for_) and (data := read()) is not None:
            assert time.monotonic() < end, shown
            shown += data

    wait(PROMPT)
    told = []
    for line in lines:
        shown = ""
        *firsts, last = line.split("\r")
        for first in firsts:
            before = len(shown)
            type_(first + "\r")
            wait("\n> ", before)  # another one than it stood at
        type_(last + "\r")
        wait("\n" + PROMPT)
        told.append((line, CODES.sub("", shown)))
    return told


def plainly(home, env, lines):
    """The transcript of a bash that nobody integrated."""
    tty = pexpect.spawn(
        "/bin/bash",
        ["-c", "exec -a -bash /bin/bash"],
        env=env,
        cwd=str(home),
        dimensions=(40, 160),
        encoding="utf-8",
    )
    tty.delaybeforesend = None

    def read():
        try:
            return tty.read_nonblocking(65536, 10)
        except pexpect.EOF:
            return None

    try:
        return transcript(tty.send, read, lines)
    finally:
        tty.close(force=True)


def integrated(one, lines):
    """The transcript of the integrated shell *one*."""
    seen = 0

    def read():
        nonlocal seen
        one.until(lambda: len(one.screen) > seen or one.is_over)
        data, seen = one.screen[seen:], len(one.screen)
        return data or None

    return transcript(one.type, read, lines)


def test_bash_is_as_it_is_without_us(shells, home):
    """Line by line it shows what a plain bash shows, and it saves the same history."""
    (home / ".bash_logout").write_text("echo logged out\n")
    one = shells(is_ready=False)
    one.until(lambda: PROMPT in one.screen)  # it has read the history, which the other writes
    expected = plainly(home, one.env, LINES)
    saved = home / ".bash_history"
    plain_history = saved.read_text()
    saved.unlink()
    assert integrated(one, LINES) == expected
    assert saved.read_text() == plain_history


def test_prompts_that_watch_commands_see_what_they_saw(shells, home):
    """A prompt of the bash-preexec kind fires once a line, for its command and nothing of ours."""
    with (home / ".bashrc").open("a") as rc:
        rc.write(
            'fire() { [[ $armed && $1 != precmd ]] && echo "runs $1" && armed=; }\n'
            "precmd() { echo \"ended $?\"; armed=1; PS1='P> '; }\n"
            "trap 'fire \"$BASH_COMMAND\"' DEBUG\nPROMPT_COMMAND=precmd PS0='now '\n"
        )
    lines = ["echo one", "false", "rcf two; true", "rcz | cat", "echo $?", "(echo sub)", "exit"]
    one = shells(is_ready=False)
    assert integrated(one, lines) == plainly(home, one.env, lines)


def test_several_prompt_commands_are_set_as_they_would_be(shells):
    """The prompt after the line is told as well, behind what each of them shows."""
    one = shells()
    assert one.line("PROMPT_COMMAND=('echo p' 'echo q')")[-1].kind == "P"
    assert [heard.kind for heard in one.line("true")] == ["L", "P"]
    one.until(lambda: one.screen.count("p\r\nq\r\n") == 2)


def test_a_loop_is_asked_for_once(shells):
    """A line that hides nothing is not asked for command by command, however often it runs one."""
    one = shells()
    for line in (
        "for i in $(seq 50); do :; done",
        "while ((n++ < 50)); do echo $n; done | tail -1",
    ):
        assert one.asked(one.line(line)) == [line]


def test_a_loop_that_hides_commands_asks_for_each_once(shells):
    """What was allowed in a line is allowed for the line."""
    one = shells()
    assert one.asked(one.line("for i in 1 2 3; do rcf; done"), "C") == ["rcf", 'echo rcf "$@"']


def test_a_prompt_that_times_commands_keeps_the_last_word(shells, home):
    """As starship does: its DEBUG trap hands on $_, which the next line reads."""
    with (home / ".bashrc").open("a") as rc:
        rc.write("times() { : \"$1\"; }\ntrap 'times \"$_\"' DEBUG\nPROMPT_COMMAND='echo $? $_'\n")
    lines = ["echo one two", "echo $_", "rcf three", "echo $_", "rcf; false", "exit"]
    one = shells(is_ready=False)
    assert integrated(one, lines) == plainly(home, one.env, lines)


def test_strict_options_change_nothing(shells, home):
    """In posix mode lines run; what we skip is no failure, for `set -e` or an ERR trap."""
    lines = [
        *("set -o posix", "echo posix; rcf", "set +o posix"),
        *("trap 'echo failed $BASH_COMMAND' ERR", "rcf; false", "set +T", "trap - ERR"),
        *(
            "set -e",
            "PROMPT_COMMAND='echo prompting'",
            "set +o pipefail",
            "echo still here",
            "exit",
        ),
    ]
    one = shells(is_ready=False)
    assert integrated(one, lines) == plainly(home, one.env, lines)


def test_an_interrupted_search_of_the_history_loses_no_line(shells, home):
    """Up and Ctrl-C: what was typed before is saved all the same."""
    one = shells()
    one.line("echo one")
    one.line("echo two")
    one.keys("\x1b[A\x03")
    one.type("exit\r")
    one.until(lambda: one.is_over)
    assert (home / ".bash_history").read_text() == "echo one\necho two\nexit\n"
