"""In an integrated zsh, nothing that a line does keeps its next command from being asked for."""

import pytest

from bastion.command.shell.questions import Answer, Kind
from tests.command.shell.danger import guarded, ran, refuse_danger


def step(question):
    """Each command of a line is asked for."""
    if question.kind is Kind.LINE and "danger" not in question.text:
        return Answer.STEP
    return refuse_danger(question)


@pytest.fixture
def zsh(shells, home):
    """A zsh that asks for each command."""
    one = guarded(shells, home, "/usr/bin/zsh")
    one.judge = step
    return one


DANGER = "x=dan; ${x}ger 1"
HIDDEN = [
    f"f() {{ local -A options; {DANGER} }}; f",
    f"f() {{ local -a funcstack=(precmd); {DANGER} }}; f",
    f"f() {{ local -h zsh_eval_context; {DANGER} }}; f",
    f"typeset -L4 ZSH_DEBUG_CMD; {DANGER}",
    f"(precmd() {{ {DANGER} }}; precmd)",
    f"zmodload -F zsh/parameter -p:options; {DANGER}",
]
DISARMED = [
    "trap -",
    "d=debug; trap - ${(U)d}",
    "TRAPDEBUG() { true }",
    "unsetopt debugbeforecmd",
    "o=debugbefore; unsetopt ${o}cmd",
    "unsetopt -m '*before*'",
    "options[debugbeforecmd]=off",
    "disable -f -m '*_step'",
    "disable -r '[['",
    "y=tion_step; true && __bas$y() { : }",
    'y=tion_precmd; "__bas$y"',
    'y=tion_verdict; typeset -gr "__bas$y=2"',
]


@pytest.mark.parametrize("lines", [HIDDEN, [f"{line}; {DANGER}" for line in DISARMED]])
def test_what_asks_cannot_be_hidden_or_taken_away(zsh, lines):
    """By locals that stand before zsh's own parameters, by options, by names made of parts."""
    for line in lines:
        zsh.line(line)
        assert not ran(zsh), line


def test_what_is_scheduled_is_asked_for_whole(zsh):
    """Whatever the hour, and whatever in it looks like one."""
    heard = zsh.line("""sched +1000 "$(printf 'true\\ndan%s 1 # 11:11:11 ' ger)" """)
    assert "true\ndanger 1 # 11:11:11" in zsh.asked(heard, "C")[-1]
    zsh.line("sched >left")
    assert not (zsh.home / "left").read_text()


def test_where_it_asks_cannot_be_changed(zsh):
    """Not by a name made of parts either: the next line is asked for, as ever."""
    zsh.line("b=__bas; n=${b}tion_folder; : ${(P)n::=/tmp}")
    zsh.judge = refuse_danger
    assert zsh.asked(zsh.line("echo one")) == ["echo one"]


@pytest.mark.parametrize("option", ["local_options local_traps", "glob_subst", "ksh_arrays"])
def test_options_of_the_persons_do_not_matter(zsh, option):
    """What is refused stays refused, and what is allowed runs."""
    zsh.line(f"setopt {option}")
    zsh.line(DANGER)
    zsh.line("y=fi; echo ${y}ne")
    assert "fine" in zsh.screen
    assert not ran(zsh)


def test_what_a_trap_calls_is_asked_for_with_it(zsh):
    """In a trap zsh does not ask again; so functions go with it, older ones and later ones."""
    zsh.line('f() { "$@" }')
    asked = zsh.asked(zsh.line("g() { f true }; trap g USR1"), "C")
    assert asked[1] == 'f () {\n\t"$@"\n}\ng () {\n\tf true\n}\ntrap g USR1'
    zsh.line("h() { true }; trap '' USR1; trap 'h true' WINCH")
    asked = zsh.asked(zsh.line('h() { "$@" }'), "C")
    assert 'h () {\n\t"$@"\n}\n' in asked[0]
    assert "trap 'h true' WINCH" in asked[0]


def test_functions_at_the_prompt_are_asked_for_with_what_they_call(zsh):
    """What was made before may come to something in what is made now."""
    zsh.line('f() { "$@" }')
    asked = zsh.asked(zsh.line("periodic() { f true }"), "C")
    assert asked[-1].startswith('f () {\n\t"$@"\n}\nperiodic () {')


SETTINGS = ["IFS=:", "readonly IFS=a LC_ALL=C", "IFS=' 0123456789abcdefADSO-'"]


@pytest.mark.parametrize("setting", SETTINGS)
def test_it_asks_whatever_ifs_is(shells, home, setting):
    """Also where a profile makes it readonly, or LC_ALL: aliases and functions are found."""
    with (home / ".zshrc").open("a") as rc:
        rc.write(f"alias zq=danger\nzf() {{ danger }}\n{setting}\n")
    one = guarded(shells, home, "/usr/bin/zsh")
    for line in ("zq 1", "zf", "danger 1"):
        assert not one.asked(one.line(line), "H")
        assert not ran(one), line
    assert one.asked(one.line("echo one")) == ["echo one"]


def test_what_is_sourced_runs_as_it_would(zsh):
    """Nothing of it is taken for somebody who takes our hooks away."""
    (zsh.home / "good.sh").write_text(
        "f() { local x=$1; g() { echo $x }; g }; preexec_functions+=(true)\n"
        "preexec_functions=(${preexec_functions:#true}); zmodload -F zsh/stat b:zstat\n"
        "o=extendedglob; setopt $o; trap 'echo bye debug on' EXIT; trap - EXIT INT\n"
        "set -- a $o; export A=$(echo b); unset foo; options=(${(kv)options})\n"
        "f good; echo $A $1 well\n"
    )
    heard = zsh.line("source ~/good.sh")
    assert not zsh.asked(heard, "H")
    assert "good\r\nb a well" in zsh.screen


LOOPS = [
    "TRAPINT() { true }; x=dan; while true; do ${x}ger 1; done",
    "trap '' INT; x=dan; repeat 100000 ${x}ger 1",
    "f() { x=dan; until false; do echo $(${x}ger 1); done }; f",
]


@pytest.mark.parametrize("line", LOOPS)
def test_a_denial_ends_a_loop(zsh, line):
    """The prompt is back, whatever the person has run on Ctrl-C."""
    assert zsh.asked(zsh.line(line))[1:]
    assert not ran(zsh)


def test_functions_may_be_read_by_name(zsh):
    """Whether there is a function, and its text; what sets one is something else."""
    for line in ("(( $+functions[f] )) || true", "[[ -z ${functions[$0-x]} ]]"):
        assert not zsh.asked(zsh.line(line), "H"), line
    for line in ("functions[f]=true", ": ${functions[f]::=true}", "x=f; functions[$x]+=true"):
        assert zsh.asked(zsh.line(line), "H"), line


def test_what_was_allowed_is_asked_for_when_it_is_something_else(zsh):
    """A name that was given to another program within the line; the same again is no question."""
    line = "d=~/dan; for i in 1 2 3; do true; ls; hash ls=${d}ger; done"
    asked = zsh.asked(zsh.line(line), "C")
    assert asked.count("true") == 1
    assert asked[-1].startswith(f"{zsh.home}/danger ")
    assert not ran(zsh)


def test_the_tables_of_compinit_are_asked_for_by_what_they_name(zsh):
    """Thousands of assignments are no question each; what names anything else is."""
    zsh.line("typeset -A _comps")
    asked = zsh.asked(zsh.line("for x in cd ls; do _comps[$x]=_$x; done"), "C")
    assert not any("]=_" in text.splitlines()[0] for text in asked)
    assert "_comps[cd]=dan " in zsh.asked(zsh.line("x=cd; _comps[$x]=dan"), "C")
    assert '_comps[$(true)]="_cd" ' in zsh.asked(zsh.line('true; _comps[$(true)]="_cd"'), "C")
