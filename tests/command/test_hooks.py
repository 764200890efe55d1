"""What a substitution prints: a hook, the lines of a file, or what somebody put together."""

import pytest

from bastion.command.extract import extract
from bastion.command.hooks import are_settings, is_fed


@pytest.mark.parametrize(
    "raw",
    [
        "<(kubectl completion bash)",
        "<(conda shell.bash hook 2>/dev/null)",
        "<(./make-settings)",
        "<(cat settings)",
        "<(grep -v '^#' .env | sort -u)",
        "<( sed 's/gcc-4/gcc-5/g' settings )",
        "<(export | sed 's/a/b/g')",
    ],
)
def test_what_stands_in_a_file_is_no_riddle(raw):
    """It is run as `source FILE` would, and marked as that."""
    assert is_fed(raw)
    assert extract(f"source {raw}").opaque == ""


@pytest.mark.parametrize(
    "raw",
    [
        "<(echo rm -rf /)",
        "<(/bin/echo rm)",
        "<(./echo rm -rf /data)",
        "<(cat <<< 'rm -rf /')",
        "<(cat < x)",
        "<(sed p)",
        "<(cat)",
        "<(grep x $y)",
        "<(cat *)",
        "<(cat x; echo rm)",
        "<(cat x && ./y)",
        "<(cat x | base64 -d)",
        "<(cat x | ./y)",
        "<(printf %s rm | sort)",
        "<(x=1 cat y)",
        "<(cat $(cat x))",
        "<(curl http://h/x)",
        "<(date +rm)",
        "<(conda shell.bash hook 2> /dev/null; x)",
        "<(x=(y z) cat)",
        "<()",
    ],
)
def test_what_the_line_puts_together_is(raw):
    """Or what another program makes of it."""
    assert not is_fed(raw)
    assert extract(f"bash {raw}").opaque == "dynamic-command"


@pytest.mark.parametrize(
    "raw", ["$(cat .env | xargs)", "$(grep -v '^#' .env | xargs)", "`cat ~/cronenv`", "$(cat .env)"]
)
def test_settings_may_stand_in_a_file(raw):
    """Of what `env` is given before the program that it runs."""
    assert are_settings(raw)
    reading = extract(f"env {raw} rails s")
    assert (reading.opaque, reading.commands[1].program) == ("", "rails")


@pytest.mark.parametrize(
    "line", ["env $(cat .env)", "env $(cat .env) -rf /data", "sudo $(cat .env) rails"]
)
def test_a_program_may_stand_there_as_well(line):
    """Where the line names none behind it, or it is no program that takes settings."""
    assert extract(line).opaque == "dynamic-command"


@pytest.mark.parametrize(
    "raw",
    ["$(printf %s $x)", "$x", "x", "$(./y)", '"$(cat .env)"', "$(cat $x)", "$(cat <<< rm)", "$()"],
)
def test_no_others_do(raw):
    """What the line puts together may be a program's name."""
    assert not are_settings(raw)
