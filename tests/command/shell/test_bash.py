"""An integrated bash runs nothing that it has not asked for."""

import os
from pathlib import Path

import pytest

from bastion.command.shell.questions import Answer, Forged, Kind, answer
from tests.command.shell.danger import (
    guarded,
    nothing_runs_without_answers,
    ran,
    refuse_danger,
    unanswered,
)

HIDDEN = "dan''ger"


@pytest.fixture
def bash(shells, home):
    """A bash that may run anything but danger, which would leave a file `ran`."""
    return guarded(shells, home, "/bin/bash")


def last(heard):
    return heard[-1].status


def test_a_line_is_asked_for_exactly(bash):
    """History expansion, completion, continuation and pasting: the text is what runs, once."""
    assert bash.asked(bash.line("echo one")) == ["echo one"]
    assert bash.asked(bash.line("!!")) == ["echo one"]
    assert bash.asked(bash.keys("\x1b[A two\x01\x0b\x19\r")) == ["echo one two"]
    assert bash.asked(bash.line(" echo 'a\rb'")) == [" echo 'a\nb'"]
    assert bash.asked(bash.line("echo caf\u00e9 100% \\\\")) == ["echo caf\u00e9 100% \\\\"]
    assert bash.asked(bash.line("\x1b[200~echo a\x1b[201~")) == ["echo a"]


def test_a_long_line_is_asked_for_whole(bash):
    """A line longer than a pipe takes at once arrives whole."""
    bash.line("bind 'set enable-bracketed-paste off'")
    text = "echo " + "x" * 3000
    assert bash.asked(bash.line(text)) == [text]


def test_continuation_is_told(bash):
    """The shell tells that it waits for more of a line."""
    assert [heard.kind for heard in bash.line("echo 'a\rb'")] == ["M", "L", "P"]


def test_a_prompt_tells_status_place_and_count(bash):
    """What ran is counted, what was denied is not."""
    (before,) = bash.line("cd /; (exit 3)")[-1:]
    assert (before.status, before.folder) == (3, "/")
    (denied,) = bash.line("danger")[-1:]
    assert (denied.status, denied.text) == (130, before.text)
    assert int(bash.line("PS1=$PS1")[-1].text) == int(before.text) + 1  # asked for step by step
    assert int(bash.line("danger")[-1].text) == int(before.text) + 1


DENIED = [
    "danger 1",
    "echo hi; danger 1",
    "echo $(danger 1)",
    "(sleep 0; danger 1) &",
    "rcz danger",
    'x=dan; eval "${x}ger 1"',
    "x=dan; ${x}ger 1",
    "x=dan; for y in true ${x}ger; do ${x}ger 1; done",
    f"f() {{ {HIDDEN} 1; }}; f",
    "source ~/hides.sh",
    'x=dan; trap "${x}ger 1" USR1; kill -USR1 $$',
    'x=dan; complete -C "${x}ger 1" foo',
    "x=DEB; trap - ${x}UG; c=dan; $c''ger 1",
    'x=dan; PROMPT_COMMAND="${x}ger 1"',
    'x=dan; PS1="\\$(${x}ger 1)"',
    "fc -s echo=danger",
]


def test_what_is_denied_does_not_run(bash):
    """Nothing of a denied line runs, whatever it hides in, and the shell is fit for the next."""
    (bash.home / "hides.sh").write_text("c=dan\n${c}ger 1\n")
    for line in DENIED:
        bash.line("echo 1")
        bash.line(line)
        bash.keys("foo \t\x15echo next\r")
        assert not ran(bash), line


def test_prompt_commands_are_asked_for_before_they_run(bash):
    """However they came to be; denied, they are gone."""
    bash.type('x=dan; read PROMPT_COMMAND[1] <<<"${x}ger 1"\r')
    bash.until(lambda: any("danger" in text for text in bash.asked(bash.heard, "C")))
    bash.line("echo one")
    bash.line("echo two")
    assert not ran(bash)


@pytest.mark.parametrize("first", ["set -u", "unset PS0; set -u", "set -eu"])
def test_a_strict_shell_asks_as_well(bash, first):
    """Options that end a shell's own commands early, and posix mode, leave nothing behind."""
    (bash.home / ".bashrc").write_text(f"PS1='P> '\n{first}\n")
    for line in (first, "bash", "set -o posix", "set +o posix"):
        bash.line(line)
        assert bash.asked(bash.line("true")) == ["true"]
        bash.line("danger 1")
    assert "not found" not in bash.screen
    assert not ran(bash)


def test_not_even_a_redirection_of_it_is_made(bash):
    """A denied line creates no file, even with ^C ignored or caught."""
    for first in ("true", "trap '' INT", "trap 'echo caught' INT"):
        bash.line(first)
        assert last(bash.line("{ danger; } >made")) == 130
        assert not (bash.home / "made").exists()


def test_functions_are_judged_when_they_are_made(bash):
    """What a file defines is asked for as a whole, and gone if that is denied."""
    (bash.home / "f.sh").write_text(f"g() {{ {HIDDEN} 1; }}\nh() {{ :; }}\n")
    heard = bash.line("source ~/f.sh")
    assert "dan''ger" in bash.asked(heard)[-1]
    bash.line("type g h")
    bash.until(lambda: "g: not found" in bash.screen)


def test_arithmetic_that_runs_a_command_is_asked_for(bash):
    """A value may name a subscript, and a subscript is expanded; also through another variable."""
    bash.line("declare -i n")
    names = ("echo $((x))", "echo $((y))", "[[ x -eq 1 ]]", "test -v 'x'", "echo ${z:x}", "n=x")
    for line in (*names, "for n in x; do :; done", "le''t x"):
        bash.line("z=one; y=x; x='a[$(dan'; x+='ger 1)]'")
        assert bash.asked(bash.line(line))[1:], line
        assert not ran(bash), line
    bash.line("x=1")
    assert bash.asked(bash.line("echo $((x + 1))")) == ["echo $((x + 1))"]


def test_a_function_over_a_builtin_is_not_called_by_us(bash):
    """No function of the person's runs in our place."""
    (bash.home / "f.sh").write_text(
        "for n in builtin printf read kill trap local command; do\n"
        f'eval "$n() {{ {bash.home}/dan""ger \\$FUNCNAME; }}"\ndone\n'
    )
    bash.judge = lambda q: (
        Answer.DENY
        if "ger" in q.text and "eval" not in q.text
        else (Answer.STEP if q.kind is Kind.LINE and "source" in q.text else Answer.ALLOW)
    )
    bash.line("source ~/f.sh")
    bash.line("echo next")
    assert not ran(bash)


TAMPERING = [
    "PS0=",
    "enable -n kill",
    "unset PROMPT_COMMAND",
    "PROMPT_COMMAND=",
    "trap - DEBUG",
    "trap - RTMAX",
    "trap : RTMAX",
    "trap '' RTMAX",
    "shopt -u extdebug promptvars cmdhist",
    "set +o history",
    "set +T",
    "HISTCONTROL=ignorespace HISTIGNORE=*",
    "HISTSIZE=0",
    "set -o posix",
    "unset -f __bastion_line __bastion_step",
    "unalias -a; alias __bastion_line='echo 1' __bastion_step=true",
    "__bastion_verdict=1 __bastion_phase=1",
    "exec 3>&1; set -f; IFS=x",
]


def test_tampering_takes_nothing_away(bash):
    """Even where it was allowed, the next line is asked for, and denied it does not run."""
    for line in TAMPERING:
        bash.line(line)
        for text in (" danger 2", "rcz; rcf; danger 2"):
            asked = bash.asked(bash.line(text))
            assert any("danger" in one or not one for one in asked), line
        assert not ran(bash), line


def test_what_asks_stands_there_once(bash):
    """However it came to stand there twice, each line is asked for once."""
    bash.line("PS0=$PS0$PS0")
    assert bash.asked(bash.line("echo one")) == ["echo one"]
    assert [heard.kind for heard in bash.line("echo two")] == ["L", "P"]


def test_history_off_at_once_hides_nothing(bash):
    """A pasted line that turns the history off and one after it: the second is denied."""
    bash.keys("\x1b[200~set +o 'his''tory'\ndanger\x1b[201~\r")
    assert not ran(bash)


def test_each_line_of_a_paste_is_asked_for(bash):
    """Between pasted lines there is no prompt: each is asked for, and nothing hides in one."""
    heard = bash.keys("\x1b[200~echo one\nrcf\necho two\x1b[201~\r")
    assert bash.asked(heard, "L") == ["echo one", "rcf", "echo two"]
    assert any("cannot be asked for" in told for told in bash.asked(heard, "H"))
    heard = bash.keys("\x1b[200~trap '' INT\ndanger\x1b[201~\r", prompts=1)
    assert bash.asked(heard, "L")[-1] == "danger"
    assert not ran(bash)


def test_loops_are_asked_for_once(bash):
    """A thousand times the same command is one question more."""
    assert bash.asked(bash.line("for i in $(seq 1000); do :; done")) == [
        "for i in $(seq 1000); do :; done"
    ]
    asked = bash.asked(bash.line("for i in $(seq 300); do rcf; (rcf); done | tail -1"))
    assert len(asked) == len(set(asked)) <= 6


def test_no_answer_is_a_denial(bash):
    """When the side channel dies, what waits is dropped, and what comes after; nothing is left."""
    nothing_runs_without_answers(bash, "P> ")


def test_without_pipes_nothing_runs(bash):
    """With the folder gone, no line runs."""
    for pipe in bash.folder.iterdir():
        pipe.unlink()
    before = bash.screen.count("P> ")
    bash.type("danger 2\r")
    bash.until(lambda: bash.screen.count("P> ") > before)
    assert not ran(bash)


def test_ctrl_c_cancels_a_question(bash):
    """Who waits can cancel; a late answer allows nothing."""
    question = unanswered(bash, "danger 1")
    bash.keys("\x03")
    bash.say(answer(bash.secret, question, Answer.ALLOW))
    bash.judge = refuse_danger
    bash.line("danger 2")
    assert not ran(bash)


def test_keys_that_stop_programs_do_not_stop_questions(bash):
    """What suspends or ends a program changes nothing while a question is open."""
    question = unanswered(bash, "danger 1")
    before = len(bash.prompts())
    bash.type("\x1a\x1c")
    bash.serve(0.2)
    bash.say(answer(bash.secret, question, Answer.DENY))
    bash.until(lambda: len(bash.prompts()) > before)
    assert not ran(bash)


def test_forged_and_replayed_answers_are_refused(bash):
    """Only this session's token and this question's id allow anything, and who tries is told of."""
    kept = []
    bash.judge = lambda question: kept.append(question) or Answer.ALLOW
    bash.line("true")
    first = kept[0]

    def forge(question):
        pid = question.process
        bash.say(answer(bash.secret, first, Answer.ALLOW))
        bash.say(f"{pid} {'0' * 32} {question.id} A\n".encode())
        bash.say(f"{pid} {bash.secret.token} {question.id[:-1]}. A\n".encode())
        bash.say(f"{pid} {bash.secret.token} {question.id} A A\n".encode())
        bash.say(b"../q x y A\n")
        return Answer.DENY

    bash.judge = forge
    heard = bash.line("danger 1")
    assert "an answer that nobody gave" in bash.asked(heard, "H")
    assert not ran(bash)


def test_who_has_read_what_the_shell_knows_cannot_answer_its_next_question(bash):
    """The token stands in a variable; each question has an id that nobody can guess as well."""
    heard = bash.line("echo $RANDOM; set | grep -a ^__bas''tion")
    bash.until(lambda: bash.secret.token in bash.screen)
    last = {question.id.rpartition(".")[2] for question in heard}
    assert len(last) == len(heard)
    assert all(len(bytes.fromhex(part.replace("-", ""))) == 16 for part in last)


def test_what_a_program_writes_into_the_pipe_is_forged(bash):
    """A line without the nonce is no question."""
    heard = bash.line(f"echo L 1 0 1 ls >{bash.folder}/q")
    assert any(isinstance(one, Forged) for one in heard)


def test_the_folder_goes_with_the_side_channel(bash):
    """Nothing is left on the host."""
    folder = bash.folder
    assert folder.stat().st_mode & 0o777 == 0o700
    bash.side.stdin.close()
    bash.side.wait(10)
    assert not folder.exists()


def test_a_bash_within_asks_as_well(bash):
    """It is as it would be without, reads its own files, and leaves nothing behind."""
    show = "echo $? $0 $SHLVL $HISTFILE $- $SHELLOPTS $BASHOPTS"
    bash.judge = lambda q: Answer.STEP if q.text == "bash" else refuse_danger(q)
    outer = bash.line("env >outer")[-1].process
    inner = bash.line("bash")[-1].process
    assert inner != outer
    heard = bash.line("env >inner")
    assert bash.asked(heard) == ["env >inner"]
    assert {heard.process for heard in heard} == {inner}
    bash.line(f"{show} >asks")
    bash.line("rcz danger 1")
    bash.line("x=dan; eval ${x}ger 1")
    deeper = bash.line("bash -l")[-1].process
    assert deeper not in {inner, outer}
    bash.line("danger 1")
    bash.line("shopt -q login_shell && touch login")
    assert bash.line("exit 3")[-1].process == inner
    back = bash.line("exit 4")[-1]
    assert (back.process, back.status) == (outer, 4)
    bash.line("env >after")
    bash.line("bash --norc -i", f"\r{show} >plain\rexit\r")
    assert not ran(bash)
    assert (bash.home / "login").exists()
    assert (bash.home / "asks").read_text() == (bash.home / "plain").read_text()
    environment = [
        {line for line in (bash.home / name).read_text().splitlines() if line[:5] != "SHLVL"}
        for name in ("outer", "inner", "after")
    ]
    assert environment[0] == environment[1] == environment[2]


@pytest.mark.parametrize("line", ["bash --norc", "A=1 bash", "bash;", "bush"])
def test_another_bash_is_started_as_it_is(bash, line):
    """What is not known to ask gets nothing of ours."""
    outer = bash.line("alias bush=bash")[-1].process
    heard = bash.line(line, "\renv >within\rexit\r")
    assert {heard.process for heard in heard} == {outer}
    assert "bastion" not in (bash.home / "within").read_text()


def test_who_interrupts_the_login_files_is_asked_all_the_same(shells, home):
    """A slow one, say: the rest is not read, as without us, and nothing else changes."""
    (home / ".bash_profile").write_text("PS1='P> '\nsh -c 'echo begun; exec sleep 50'\necho late\n")
    one = shells(is_ready=False)
    one.until(lambda: "begun" in one.screen)
    one.keys("\x03")
    assert one.asked(one.line("trap")) == ["trap", "trap"]
    assert "late" not in one.screen
    assert "INT" not in one.screen


def test_login_files_are_read_as_by_a_login_shell(shells, home):
    """The first of the profiles, once, and the shell calls itself a login shell."""
    (home / ".profile").write_text("echo wrong\n")
    (home / ".bash_profile").write_text("echo right $0; PS1='P> '; return; echo late\n")
    (home / ".hushlogin").touch()
    one = shells()
    one.until(lambda: "P> " in one.screen)
    assert one.screen.count("right -bash") == 1
    assert "wrong" not in one.screen
    assert "late" not in one.screen


def test_a_question_costs_little(bash):
    """An ordinary line takes a few milliseconds of the processor's time more than its program."""

    def spent():
        stat = Path(f"/proc/{bash.tty.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(ticks) for ticks in stat[11:15]) / os.sysconf("SC_CLK_TCK")

    before = spent()
    for _ in range(20):
        bash.line("true")
    assert spent() - before < 20 * 0.1


def test_a_wrong_condition_breaks_nothing_of_ours(bash):
    """Bash 5.2 takes each [[ that it then parses anew for wrong as well."""
    bash.line("[[ -f ]]")
    assert bash.asked(bash.line("eval 'echo he''re'"), "L") == ["eval 'echo he''re'"]
    bash.until(lambda: "\rhere\r" in bash.screen)
    assert bash.asked(bash.line("danger 2"), "L") == ["danger 2"]
    assert not ran(bash)


def test_exporting_all_that_is_assigned_is_no_tampering(bash):
    """Nor is what is ours left in the environment, and the line after it is asked for."""
    (bash.home / "vars").write_text("one=1\n")
    heard = bash.line("set -a; . ~/vars; eval :; set +a")
    assert bash.asked(heard, "C")[-1] == "set +a"
    assert bash.asked(bash.line("env | grep -c bas''tion_ ; echo $one"), "L")
    bash.until(lambda: "\r0\r\n1\r" in bash.screen)
