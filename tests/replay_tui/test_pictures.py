"""How the viewer looks, compared with pictures that somebody has looked at.

After a wanted change: `pytest tests/replay_tui/test_pictures.py --snapshot-update`, and look.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_textual_snapshot import SVGImageExtension

from replay_tui.screens import catalogue, player

ROOT = Path(__file__).parents[2]
SMALL, LARGE = (80, 24), (140, 40)
SIZES = {"80x24": SMALL, "140x40": LARGE}


class OwnFonts(SVGImageExtension):
    """Pictures that fetch no font from anywhere."""

    def serialize(self, *args, **kwargs):
        svg = super().serialize(*args, **kwargs)
        return re.sub(r"@font-face \{.*?\}|<!--.*?-->", "", svg, flags=re.DOTALL)


@pytest.fixture
def looks(snapshot):
    """Whether a window looks as it did."""
    return lambda app: app.export_screenshot() == snapshot(extension_class=OwnFonts)


@pytest.fixture
def crowd(record, story):
    """Sessions of every kind; the newest one is live."""
    for name, where, command in (
        ("bob", "ubuntu@gpu-07", "python eval.py --suite safety"),
        ("mei", "root@gpu-12", ""),
        ("zoë", "runner@gpu-03", "df -h"),
    ):
        record.clock.advance(600)
        scene = record.scene(name, where, command)
        scene.judged(command or "nvidia-smi", "opaque" if name == "bob" else "allow")
        scene.end(int(name == "bob"))
    scene.path.write_bytes(scene.path.read_bytes().replace(b"df", b"du", 1))
    record.clock.advance(60)
    record.scene("jo", "root@gpu-01").record(b"# ")
    record.clock.advance(30)
    return story


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
async def test_catalogue(crowd, app, watching, looks, size):
    """The list, with the cursor on a session with stopped commands."""
    async with watching(app, size) as watcher:
        await watcher.until(lambda: watcher.sees("1 not proven"))
        await watcher.settle()
        await watcher.press("end")
        assert looks(watcher.app)
    assert crowd.session.id


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
async def test_player(crowd, playing, watching, looks, size):
    """The player at a blocked command, with the list of commands."""
    async with watching(playing(crowd.session), size) as watcher:
        await watcher.press("space", "n", "n", "right", "c")
        assert looks(watcher.app)


async def test_help(crowd, playing, watching, looks):
    """The keys over the player."""
    async with watching(playing(crowd.session), SMALL) as watcher:
        await watcher.press("space", "home", "question_mark")
        assert looks(watcher.app)


async def test_smallest(crowd, playing, watching, looks):
    """The player in a corner of a screen."""
    async with watching(playing(crowd.session), (60, 15)) as watcher:
        await watcher.press("space", "n", "right")
        assert looks(watcher.app)


def test_the_picture_in_the_docs_is_current(tmp_path):
    """`make docs` would draw the same again, and the picture fetches nothing."""
    drawn, shown = tmp_path / "replay.svg", ROOT / "docs" / "replay.svg"
    subprocess.run([sys.executable, ROOT / "docs" / "screenshot.py", drawn], check=True)
    assert drawn.read_text() == shown.read_text(), "run `make docs`"
    assert re.findall(r"https?://[^\"]+", shown.read_text()) == ["http://www.w3.org/2000/svg"]


def test_the_manual_tells_every_key():
    """docs/replay.md and the help know the same keys."""
    manual = (ROOT / "docs" / "replay.md").read_text()
    for keys, _ in (*catalogue.KEYS, *player.KEYS):
        for key in keys.replace(" or ", " ").replace("+← →", "+←").split():
            assert f"`{key}`" in manual, key
