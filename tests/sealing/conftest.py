"""Every way of sealing, on real parts."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bastion.config.sealing import OpenBaoSealing, Pkcs11Sealing
from bastion.hsm import Tokens
from tests.ca.conftest import Bao, bao  # noqa: F401  a fixture is found by its name
from tests.servers.softhsm import PIN, SOFTHSM, softhsm


@pytest.fixture
def tokens():
    """The tokens of a process; logged out of at the end."""
    with contextlib.closing(Tokens()) as held:
        yield held


@pytest.fixture
def in_token(tmp_path) -> Callable[..., Pkcs11Sealing]:
    """Settings for a key in a SoftHSM token; changes are taken as they are."""

    def settings(**changes: object) -> Pkcs11Sealing:
        (tmp_path / "pin").write_text(f"{PIN}\n")
        tree = {
            "custody": "pkcs11",
            "module": SOFTHSM,
            "token": softhsm(),
            "key": "sealing",
            "pin_file": tmp_path / "pin",
        }
        return Pkcs11Sealing.model_validate(tree | changes)

    return settings


@dataclass
class Transit:
    """A transit engine with a key of its own for the test."""

    bao: Bao
    folder: Path

    def settings(self, **changes: object) -> OpenBaoSealing:
        """What a configuration says of it."""
        (self.folder / "bao-token").write_text(self.bao.token)
        tree = {
            "custody": "openbao",
            "url": self.bao.url,
            "key": "bastion",
            "token_file": self.folder / "bao-token",
        }
        return OpenBaoSealing.model_validate(tree | changes)


@pytest.fixture(scope="session")
def transit_engine(bao):  # noqa: F811  the fixture that is imported above
    """OpenBao with its transit engine, and a key `bastion` in it."""
    bao.write("sys/mounts/transit", type="transit")
    bao.write("transit/keys/bastion", type="aes256-gcm96")
    return bao


@pytest.fixture
def transit(transit_engine, tmp_path):
    """The same, with a file that holds its token."""
    return Transit(transit_engine, tmp_path)
