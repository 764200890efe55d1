"""An integrated fish runs nothing that it has not asked for."""

import re

import pexpect
import pytest

from bastion.command.shell.questions import Answer, Kind, answer
from bastion.screen import Screen
from tests.command.shell.danger import guarded, nothing_runs_without_answers, ran, refuse_danger

FISH = "/usr/bin/fish"


@pytest.fixture
def own(home):
    """A home with a fish's files: an alias, functions, abbreviations."""
    config = home / ".config/fish/config.fish"
    config.parent.mkdir(parents=True)
    config.write_text(
        f"set -gx PATH {home} $PATH\nset -g fish_greeting\nalias rcz 'echo rcz'\n"
        "function rcf; echo rcf $argv; end\nfunction rcg; if true; rcf $argv; end; end\n"
        "abbr -a ab echo ab\nabbr -a bad danger\n"
        "function made_up; echo danger 9; end\nabbr -a far --function made_up\n"
        "function fish_prompt; echo -n 'P> '; end\n"
    )
    (home / ".local/share/fish/generated_completions").mkdir(parents=True)  # else it makes them
    return home


@pytest.fixture
def fish(shells, own):
    """A fish that may run anything but danger, which would leave a file `ran`."""
    return guarded(shells, own, FISH)


def test_a_line_is_asked_for_exactly(fish):
    """As it was typed, over several rows too, with abbreviations expanded."""
    assert fish.asked(fish.line("echo one")) == ["echo one"]
    assert fish.asked(fish.line(" echo 100% \u00e9 ", "\n")) == [" echo 100% \u00e9 "]
    assert fish.asked(fish.line("ab")) == ["echo ab"]
    assert fish.asked(fish.line("ab 1")) == ["echo ab 1"]
    long = "echo " + "\u00e9" * 5000
    assert fish.asked(fish.line(long)) == [long]


def test_more_of_a_line_is_waited_for(fish):
    """Nothing is asked for before the line is whole."""
    for rows in (["echo 'a", "b'"], ["echo a \\", "b"], ["for x in 1", "echo $x", "end"]):
        for row in rows[:-1]:
            said = len(fish.heard)
            fish.type(f"{row}\r")
            fish.until(lambda said=said: fish.asked(fish.heard[said:], "M"))
            assert not fish.asked(fish.heard[said:])
        asked = fish.asked(fish.line(rows[-1]))
        assert [row.strip() for row in asked[0].split("\n")] == rows


def test_a_key_that_begins_another_row_says_so(fish):
    """Alt-Enter, which has an Enter in it: else the gate waits for a question in vain."""
    for row in ("echo a", "echo b"):
        said = len(fish.heard)
        fish.type(f"{row}\x1b\r")
        fish.until(lambda said=said: fish.asked(fish.heard[said:], "M"))
        assert not fish.asked(fish.heard[said:])
    assert fish.asked(fish.line("echo c")) == ["echo a\necho b\necho c"]


def test_no_suggestion_stays_behind_a_line(fish):
    """Though it comes only while the line is asked for."""
    for _ in range(4):
        fish.line("cd /tmp")
    fish.line("echo d''one")
    fish.until(lambda: "done" in fish.screen)
    screen = Screen(160, 40)
    screen.feed(fish.screen.encode())
    rows = [row.rstrip() for row in screen.lines()]
    assert rows.count("P> cd /tmp") == 4, rows


def test_what_functions_come_to_is_asked_for(fish):
    """The bodies of the person's own, once each, and of those that they name."""
    assert fish.asked(fish.line("ls")) == ["ls"]
    name, body = fish.asked(fish.line("rcz 1"))
    assert (name, body.strip()) == ("rcz 1", "echo rcz $argv")
    assert fish.asked(fish.line("r''cf 1"), "C")
    assert fish.asked(fish.line("rcz 2")) == ["rcz 2"]
    body = fish.asked(fish.line("rcg 1"), "C")
    assert [told.split() for told in body] == [["if", "true;", "rcf", "$argv;", "end;"]]


def test_a_prompt_tells_status_place_and_count(fish):
    """What ran is counted; a line that is no line asks for nothing."""
    before = fish.line("cd /; sh -c 'exit 3'")[-1]
    assert (before.status, before.folder) == (3, "/")
    assert fish.line("danger")[-1].text == before.text
    assert int(fish.line("true")[-1].text) == int(before.text) + 1
    assert fish.asked(fish.line("echo )")) == []


DENIED = [
    "danger 1",
    "echo hi; danger 1",
    "echo (danger 1)",
    "bad 1",
    "rcz danger",
    "danger 1 >made",
    "begin; danger 1; end",
    "rcf (danger 1)",
    "r''cdanger; rc\\z danger",
]


def test_what_is_denied_does_not_run(fish):
    """Nothing of a denied line runs, and the next one is asked for."""
    for line in DENIED:
        fish.line(line)
        assert fish.asked(fish.line("echo next")) == ["echo next"]
        assert not ran(fish), line
        assert not (fish.home / "made").exists(), line
    fish.keys("\x1b[200~echo one\rdanger 2\recho three\x1b[201~\r")
    fish.keys("echo a\rdanger 3\recho b\r", prompts=3)
    assert not ran(fish)


TAMPERING = [
    "bind \\r execute",
    "bind --preset \\r execute",
    "bind --erase \\r; bind --erase \\n",
    "bind --erase --all",
    "bind --erase --all --preset; bind '' self-insert; bind \\r execute",
    "fish_vi_key_bindings",
    "set -g fish_key_bindings fish_hybrid_key_bindings",
    "functions -e __bastion_enter",
    "functions -e __bastion_preexec __bastion_enter",
    "function commandline; echo echo harmless; end",
    "function bind; end; function contains; end; function math; end; function source; end",
    "set -g LD_PRELOAD /nowhere",
    "function __bastion_say; end",
    "set -g fish_function_path",
]


def test_tampering_takes_nothing_away(fish):
    """Even where it was allowed, the next line is asked for, and denied it does not run."""
    for line in TAMPERING:
        fish.judge = lambda _question: Answer.ALLOW
        fish.line(line)
        fish.judge = refuse_danger
        assert fish.asked(fish.line("danger 2")) == ["danger 2"], line
        assert not ran(fish), line


def test_keys_of_vi_come_and_go(fish):
    """No key of ours is taken for somebody else's, or is left where fish has no such key."""
    fish.line("bind > before")
    fish.line("fish_vi_key_bindings; bind -M insert \\cg true")
    fish.line("bind -M insert \\ct true")
    fish.line("fish_default_key_bindings")
    assert fish.asked(fish.line("echo K")) == ["echo K"]
    assert not any("__bastion" in text for text in fish.asked(fish.heard, "CH"))
    fish.line("bind --erase \\cg; bind > after")
    before, after = ((fish.home / name).read_text().split("\n") for name in ("before", "after"))
    assert _own(before) == _own(after)


def _own(bindings):
    return {line for line in bindings if "-M" not in line and "--preset" not in line}


def test_a_key_is_not_ours_because_it_begins_so(fish):
    """What stands behind the name of ours would run with the key."""
    fish.judge = lambda q: refuse_danger(q) if q.kind is Kind.COMMAND else Answer.ALLOW
    for behind in ("enter; ", "row; ", "key true; ", "complete complete; ", "enter;", "key "):
        fish.line(f"set x __bastion_; bind \\cg {{$x}}'{behind}danger 1'")
        fish.type("\x07")
    fish.judge = refuse_danger
    fish.line("\x03echo next")
    assert not ran(fish)


def test_a_line_that_no_key_of_ours_accepts_is_asked_for_all_the_same(fish):
    """It cannot be dropped any more, so the shell ends."""
    fish.line("bind \\cg 'commandline -f execute'")
    assert fish.asked(fish.keys("echo one\x07")) == ["echo one"]
    fish.type("danger 1\x07")
    fish.until(lambda: fish.is_over)
    assert not ran(fish)


def test_what_an_abbreviation_makes_by_itself_is_asked_for(fish):
    """A function of the person's made it, so that it is known only when the line runs."""
    fish.type("far\r")
    fish.until(lambda: fish.is_over)
    assert fish.asked(fish.heard)[-2:] == ["far", "danger 9"]
    assert not ran(fish)


def test_a_path_that_only_begins_where_fish_is_makes_no_function_of_fish(fish):
    """What is loaded from there is the person's own."""
    folder = fish.home / "functions"
    folder.mkdir()
    (folder / "far_off.fish").write_text("function far_off; danger 1; end\n")
    heard = fish.line(f"set -p fish_function_path /usr/share/fish/../../..{folder}")
    assert fish.asked(heard, "C") == ["function far_off; danger 1; end\n"]
    fish.line("far_off")
    assert not ran(fish)


def test_a_file_that_makes_a_function_is_asked_for(fish):
    """As a whole, before fish runs it: at the prompt behind a new folder, and by name."""
    folder = fish.home / "functions"
    folder.mkdir()
    (folder / "one.fish").write_text("danger 1; function one; end\n")
    asked = fish.asked(fish.line(f"set -p fish_function_path {folder}"), "C")
    assert asked == ["danger 1; function one; end\n"]
    (folder / "two.fish").write_text("danger 2\nfunction two; end\n")
    (folder / "three.fish").write_bytes(b"true\n\0\ndanger 3\n")
    assert "danger 2\nfunction two; end\n" in fish.asked(fish.line("two"), "C")
    for line in ("one", "three", "t''wo", "echo (three)", "functions one two three"):
        fish.line(line)
    assert not ran(fish)


def test_a_folder_of_completions_is_asked_for(fish):
    """Else the next Tab, or the next suggestion, runs what is in there."""
    folder = fish.home / "folder"
    folder.mkdir()
    (folder / "ls.fish").write_text("danger 1\n")
    asks = f"source {folder}/*.fish"
    fish.judge = lambda q: Answer.DENY if q.text == asks else Answer.ALLOW
    assert asks in fish.asked(fish.line(f"set -p fish_complete_path {folder}"), "C")
    fish.line("ls \t\x15true")
    assert not ran(fish)


def test_a_prompt_is_told_at_the_prompt_alone(fish):
    """A line may send the event of one, and start another shell."""
    for line in ("emit fish_prompt; true", "fish -c true; emit fish_prompt; true"):
        fish.line(line)
        heard = fish.line("echo next")
        assert [word.kind for word in heard] == ["L", "P"]
        counts = [int(prompt.text) for prompt in fish.prompts()]
        assert len(counts) == len(set(counts)), line


def test_what_keys_and_hooks_run_is_asked_for(fish):
    """A key that was bound, a function that an event calls, an abbreviation that is made."""
    fish.judge = lambda q: refuse_danger(q) if q.kind is Kind.COMMAND else Answer.ALLOW
    for commands in ("'danger 1'", "true 'danger 1'"):
        fish.line(f"bind \\cg {commands}")
        fish.type("\x07")
    fish.line("function hook --on-variable PWD; danger 2; end")
    fish.line("cd /")
    fish.line("alias fish_title 'danger 3'")
    for line in ("complete zz -n 'danger 4'", "complete zz -xa '(danger 5)'"):
        assert len(fish.asked(fish.line(line), "C")) == 1
    fish.type("zz \t")
    fish.line("\x03echo next")
    assert not ran(fish)


def test_a_key_that_starts_a_program_is_asked_for(fish):
    """An editor reads what is typed into it."""
    (fish.home / "editor").write_text("#!/bin/sh\necho 'danger 3' >$1\n")
    (fish.home / "editor").chmod(0o755)
    fish.line("set -gx EDITOR editor")
    assert fish.asked(fish.keys("echo x\x1be")) == ["editor command.fish"]
    assert fish.asked(fish.keys("\r")) == ["danger 3"]
    assert not ran(fish)


def test_what_a_completion_runs_is_asked_for(fish):
    """A substitution in a command's name, which fish runs to complete that; others complete."""
    for word in ("(danger 1)", "$(danger 1)", "sudo (danger 1)"):
        assert fish.asked(fish.keys(f"{word}\t"), "C")
        fish.line("\x15true")
    (fish.home / "oneone").touch()
    assert fish.asked(fish.line("echo oneo\t")) == ["echo oneone "]
    assert not ran(fish)


def test_what_read_takes_is_no_line(fish):
    """What is typed into `read` is not asked for."""
    fish.type("read -P Q\\x3e x; echo got $x\r")
    fish.until(lambda: "Q>" in fish.screen)  # its echo says it otherwise
    heard = fish.keys("danger\r")
    assert fish.asked(heard) == []
    fish.until(lambda: "got danger" in fish.screen)


def test_no_answer_is_a_denial(fish):
    """When the side channel dies, what waits is dropped, and what comes after; nothing is left."""
    nothing_runs_without_answers(fish, "^C")


def test_forged_answers_are_refused(fish):
    """Only this session's token and this question's id allow anything."""
    kept = []
    fish.judge = kept.append
    fish.type("danger 1\r")
    fish.until(lambda: kept)
    assert len(bytes.fromhex(kept[0].id.rpartition(".")[2].replace("-", ""))) == 16
    fish.say(f"{kept[0].process} {'0' * 32} {kept[0].id} A\n".encode())
    fish.say(f"{kept[0].process} {fish.secret.token} {kept[0].id[:-1]}. A\n".encode())
    fish.until(lambda: fish.asked(fish.heard, "H"))
    before = len(fish.prompts())
    fish.say(answer(fish.secret, kept[0], Answer.DENY))
    fish.until(lambda: len(fish.prompts()) > before)
    fish.say(answer(fish.secret, kept[0], Answer.ALLOW))
    fish.judge = refuse_danger
    fish.line("danger 2")
    assert not ran(fish)


SEEN = [
    "false",
    "echo $status $pipestatus",
    "sh -c 'exit 3' | true",
    "echo $status then $pipestatus",
    "env | grep -ci bastion",
    "status is-login; echo $status; status is-interactive; echo $status",
    "count $argv; jobs; count (ls /proc/self/fd)",
    "sleep 0.5 &; jobs -p | count; wait; echo $last_pid | string length | string replace -r '.*' n",
    "rcz x; rcf y; ab z",
    "for i in 1 2; echo $i; end",
    "set x (echo sub); echo $x $fish_bind_mode",
    " echo hidden from history",
    "abbr --list; functions -a | grep rc",
    "history",
    "echo $history[1]",
]


def test_fish_is_as_it_is_without_us(shells, own):
    """Line by line it says what a plain fish says, and it keeps the same history."""
    said, history = own / "said", own / ".local/share/fish/fish_history"
    one = shells(FISH, is_ready=False)
    one.until(one.prompts)
    for line in SEEN:
        one.line(f"begin; {line}; end >>said 2>&1")
    one.type("exit\r")
    one.until(lambda: one.is_over)
    ours, kept = said.read_text(), history.read_text()
    said.unlink()
    history.unlink()
    plain = pexpect.spawn(FISH, ["-l"], env=one.env, cwd=own, dimensions=(40, 160), timeout=20)
    for line in SEEN:
        plain.send(f"begin; {line}; end >>said 2>&1\r")
    plain.send("exit\r")
    plain.expect(pexpect.EOF)
    assert ours == said.read_text()
    assert _untimed(kept) == _untimed(history.read_text())


def _untimed(history):
    return re.sub(r"when: \d+", "when", history)
