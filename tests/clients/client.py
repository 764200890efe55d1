"""What all clients have in common: a name, a version, and what they cannot do and why."""

import subprocess
from collections.abc import Mapping
from typing import ClassVar

from tests.clients.site import Site


class Client:
    """A program that people connect with.

    Attributes:
        label: the column's title.
        package: Debian's, for the version.
        lacks: by row, what the program does not have, and what to do instead.
        notes: by row, what is to be known where it works.
    """

    label = ""
    package = ""
    lacks: ClassVar[Mapping[str, str]] = {}
    notes: ClassVar[Mapping[str, str]] = {}

    def __init__(self, site: Site) -> None:
        self.site = site

    @classmethod
    def version(cls) -> str:
        """Which one was tried."""
        command = ["dpkg-query", "-W", "-f", "${Version}", cls.package]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return f"{cls.package} {said}"
