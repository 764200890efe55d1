"""What a substitution prints: a hook, the lines of a file, or what somebody put together."""

import pytest

from bastion.command.extract import extract
from bastion.command.hooks import is_fed


@pytest.mark.parametrize(
    "raw",
    [
        "<(kubectl completion bash)",
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
        "<()",
    ],
)
def test_what_the_line_puts_together_is(raw):
    """Or what another program makes of it."""
    assert not is_fed(raw)
    assert extract(f"bash {raw}").opaque == "dynamic-command"
