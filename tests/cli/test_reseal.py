"""`bastion keys reseal`: the key that seals is changed, the secrets stay."""

import contextlib

import pytest

from bastion.config.sealing import FileSealing
from bastion.hsm import Tokens
from bastion.sealing import file
from bastion.sealing.several import sealer
from bastion.store.sqlite.database import open_readonly
from tests.cli.test_keys import CONFIG, Site
from tests.servers.softhsm import PIN, SOFTHSM, softhsm


@pytest.fixture
async def site(tmp_path):
    """Two passwords, sealed with the key of the state directory."""
    made = Site(tmp_path)
    for name in ("box", "rack"):
        secret = made.file(f"secret of {name}".encode())
        assert (await made.keys("add", name, "--kind", "password", "--file", secret)).status == 0
    return made


def versions(site) -> list[int]:
    """By what each credential is sealed."""
    store = open_readonly(site.state.database)
    with contextlib.closing(store):
        return [kept.sealed[0] for kept in store.credentials.all()]


def in_token(site, *, before: bool) -> None:
    """Configure a token, and what was before."""
    (site.folder / "pin").write_text(PIN)
    site.config.write_text(
        f'{CONFIG}[upstream.sealing]\ncustody = "pkcs11"\nmodule = "{SOFTHSM}"\n'
        f'token = "{softhsm()}"\nkey = "sealing"\npin_file = "pin"\n'
        + ('[[upstream.sealing_before]]\ncustody = "file"\n' if before else "")
    )


async def test_secrets_move_from_a_file_into_a_token(site):
    """Both keys count until they have moved; then the file is needed no more."""
    in_token(site, before=True)
    assert versions(site) == [1, 1]
    done = await site.keys("reseal")
    assert done.status == 0, done.err
    assert b"Sealed anew: box, rack." in done.err
    assert versions(site) == [2, 2]
    code, detail = site.audited()[-1]
    assert (code, detail["names"]) == ("credentials-resealed", ["box", "rack"])
    assert detail["by"]
    in_token(site, before=False)
    site.state.sealing_key.unlink()
    assert (await site.keys("reseal")).status == 0
    assert (await site.keys("add", "new", "--generate")).status == 0
    assert versions(site) == [2, 2, 2]


async def test_what_does_not_open_stays_and_is_said(site):
    """The others are sealed anew; the exit code says that not all were."""
    new = site.folder / "new"
    file.create_key(new)
    other = site.folder / "other"
    file.create_key(other)
    tail = '[upstream.sealing]\ncustody = "file"\nkey_file = "other"\n'
    site.config.write_text(CONFIG + tail)
    assert (await site.keys("add", "lost", "--generate")).status == 0
    tail = tail.replace("other", "new") + '[[upstream.sealing_before]]\ncustody = "file"\n'
    site.config.write_text(CONFIG + tail)
    done = await site.keys("reseal")
    assert done.status == 1
    assert b"credential lost: does not open" in done.err
    assert b"not sealed anew: lost" in done.err
    store = open_readonly(site.state.database)
    with contextlib.closing(store), contextlib.closing(Tokens()) as tokens:
        seals = sealer(FileSealing(key_file=new), (), new, tokens)
        kept = store.credentials.get("box")
        assert await seals.open("password", "box", kept.sealed) == b"secret of box"


async def test_a_token_that_is_away_changes_nothing(site):
    """A sentence for each secret, and the old seals stay."""
    in_token(site, before=True)
    (site.folder / "pin").write_text("0000")
    done = await site.keys("reseal")
    assert done.status == 1
    assert b"does not seal or open" in done.err
    assert b"0000" not in done.err
    assert versions(site) == [1, 1]
    added = await site.keys("add", "new", "--generate")
    assert added.status == 1
    assert added.err.startswith(b"bastion: the token")
    assert versions(site) == [1, 1]
