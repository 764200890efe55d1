"""The state directory, made once."""

import pytest

from bastion import chain
from bastion.ca import keys
from bastion.errors import ConfigError
from bastion.serve.initialise import initialise, load_secret
from bastion.state import State


@pytest.fixture
def state(tmp_path):
    made = State(tmp_path / "var" / "state")
    initialise(made)
    return made


def test_everything_is_there_and_private(state):
    """Keys load, secrets are long, and nobody else can read one of them."""
    for path in (state.user_ca, state.host_ca, state.access_ca, state.host_key):
        keys.load(path)
    chain.load_signer(state.record_key)
    assert len(load_secret(state.link_secret)) == len(load_secret(state.web_secret)) == 32
    for folder in (state.root, state.keys, state.recordings):
        assert folder.stat().st_mode & 0o777 == 0o700
    for path in state.keys.iterdir():
        if path.suffix != ".pub":
            assert path.stat().st_mode & 0o777 == 0o600, path


def test_no_two_are_the_same(state):
    """The CA of people never opens a host, and a link is no cookie."""
    cas = [state.user_ca, state.host_ca, state.access_ca, state.host_key]
    assert len({keys.public_line(keys.load(path)) for path in cas}) == 4
    assert load_secret(state.link_secret) != load_secret(state.web_secret)


def test_what_exists_stays(state):
    """A second run makes nothing; a lost file alone is made again."""
    before = {path: path.read_bytes() for path in state.keys.iterdir()}
    assert initialise(state) == []
    state.link_secret.unlink()
    assert initialise(state) == ["link_secret"]
    changed = [path for path in before if path.read_bytes() != before[path]]
    assert changed == [state.link_secret]


def test_a_state_that_cannot_be_made_is_a_sentence(tmp_path):
    """It names the folder and the cause."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot make the state: Not a directory"):
        initialise(State(tmp_path / "file" / "state"))


def test_a_secret_that_cannot_be_used_is_a_sentence(state):
    """Missing or too short: both name the file and the way out."""
    state.link_secret.write_bytes(b"short")
    with pytest.raises(ConfigError, match=r"link_secret: is too short"):
        load_secret(state.link_secret)
    state.link_secret.unlink()
    with pytest.raises(ConfigError, match=r"link_secret: .*run `bastion init`"):
        load_secret(state.link_secret)
