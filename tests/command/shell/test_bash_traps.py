"""A person's traps, in a line that is asked for command by command: they hide no command."""

import pytest

from tests.command.shell.danger import guarded, ran

F = "f() { kill -INT $BASHPID; echo behind; }"
HIDDEN = "x=dan; ${x}ger 1"


@pytest.fixture
def bash(shells, home):
    """A bash that may run anything but danger, with a function that is interrupted."""
    one = guarded(shells, home, "/bin/bash")
    one.line(F)
    return one


@pytest.mark.parametrize(
    "lines",
    [
        [f"trap 'return' INT; f; {HIDDEN}"],
        [f"z='eval re'; trap '${{z}}turn' SIGINT; f; {HIDDEN}"],
        ["alias r=return", f"trap 'r' 2; f; {HIDDEN}"],
        ["trap return INT", HIDDEN],
        [f"(eval \"trap 'return' INT\"; f; {HIDDEN})"],
        [f"h() {{ tr''ap 'return' INT$(kill -INT $$); :; }}; h; {HIDDEN}"],
    ],
)
def test_a_trap_that_returns_hides_nothing(bash, lines):
    """Bash would go on to name the interrupted command, which was allowed, for each that runs."""
    for line in lines:
        bash.line(line)
    bash.line(HIDDEN)
    assert not ran(bash), bash.screen
    bash.line("[[ -o posix ]] || echo f''it")
    bash.until(lambda: "fit" in bash.screen)


@pytest.mark.parametrize("first", ["set +T", "shopt -u extdebug", "set +o functrace; true"])
def test_functions_are_asked_for_though_a_line_turns_that_off(bash, first):
    """What the DEBUG trap needs to see a function's commands is there again for the next one."""
    bash.line(f"{first}; h() {{ {HIDDEN}; }}; h")
    assert not ran(bash)


def test_a_trap_does_what_it_would(bash):
    """It returns from the function, leaves a loop, sees status and words, and is listed as set."""
    bash.line("trap 'return' INT; f; echo returned; trap -p INT; trap -p SIGINT | cat")
    bash.line("trap 'break' INT; for i in 1 2; do kill -INT $$; echo in loop; done; echo left $i")
    bash.line('g() { (exit 7); f; echo "end"; }; trap \'echo "$? $1"\' INT; g word; trap - INT')
    bash.line("trap -p INT")
    bash.until(lambda: "\nend\r" in bash.screen)
    shown = [row.strip() for row in bash.screen.splitlines()]
    assert [row for row in shown if row in {"returned", "behind", "in loop", "left 1"}] == [
        "returned",
        "left 1",
        "behind",
    ]
    assert [row for row in shown if row.startswith("trap -- ")] == ["trap -- 'return' SIGINT"] * 2


def test_what_only_begins_like_ours_is_asked_for(bash):
    """In a file as well: neither a name that is longer, nor what runs at prompts."""
    names = ["\\__bastion_promptx", '\\__bastion_prompt "$_"', "''__bastion_morex"]
    (bash.home / "hides.sh").write_text("__bastion_promptx() { :; }\n" + "\n".join(names) + "\n")
    asked = []
    judge = bash.judge
    bash.judge = lambda question: asked.append(question.text) or judge(question)
    bash.line("source ~/hides.sh")
    assert [text for text in asked if text in names] == names


MADE = 'x=dan; eval "f() { $(printf %s ${x})ger 1; }"'
UNKNOWN = '"$(printf dan)ger 1"'


@pytest.mark.parametrize(
    "line",
    [
        f"eval :; trap {UNKNOWN} USR1; kill -USR1 $$",
        f"eval :; (trap {UNKNOWN} EXIT)",
        f"eval :; (''tr'ap' {UNKNOWN} EXIT)",
        f"eval :; g() {{ trap {UNKNOWN} RETURN; }}; g",
        f'eval :; h() {{ trap "$1" ERR NOSUCH; }}; h {UNKNOWN}',
        'eval :; z=dan; (trap "${z}ger 1; :" EXIT)',
        'eval :; z=dan; ("trap" "${z}ger 1; :" EXIT)',
        f"{MADE}; (trap f EXIT)",
        f"{MADE}; trap f CHLD; /bin/true",
        f"trap f USR1; {MADE}; kill -USR1 $$",
    ],
)
def test_what_a_trap_runs_is_asked_for(bash, line):
    """Bash names none of its commands: so its text is, and what it may call, before it runs."""
    bash.line(line)
    assert not ran(bash), bash.screen


def test_what_a_trap_of_an_earlier_line_calls_is_asked_for(bash):
    """A function that this line makes anew, too."""
    bash.line("trap f USR1")
    bash.line(f"{MADE}; kill -USR1 $$")
    assert not ran(bash), bash.screen


def test_a_trap_is_asked_for_with_what_it_will_run(bash):
    """The words are those it gets, whatever else stands in the quotes; $! stays what it was."""
    bash.line("z=one; sleep 0 & p=$!")
    heard = bash.line('eval "h() { :; }"; trap "echo $z; [ $! = $p ] || echo differs; h" USR1')
    [pid] = {text.split()[4] for text in bash.asked(heard, "C") if text.startswith("trap echo")}
    assert int(pid.rstrip("\\")) > 1
    bash.line("kill -USR1 $$; wait")
    bash.until(lambda: "\rone\r" in bash.screen)
    assert "\rdiffers" not in bash.screen
