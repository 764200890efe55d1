"""What every section of the configuration is made of.

What always holds: a section is frozen, and an unknown key is an error; a relative path is relative
to the configuration file. What it does not do: read files.
"""

import ipaddress
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

Seconds = Annotated[int, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]


def is_loopback(host: str) -> bool:
    """Whether *host* can only be this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _relative_to_file(path: Path, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get("folder", Path())
    return Path(folder, path).absolute()


FilePath = Annotated[Path, AfterValidator(_relative_to_file)]


def _https_or_loopback(url: str) -> str:
    parts = urlsplit(url)
    is_plain = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not parts.hostname or "@" in parts.netloc or not (parts.scheme == "https" or is_plain):
        raise ValueError("must use https (http only on loopback)")
    return url


SafeUrl = Annotated[str, AfterValidator(_https_or_loopback)]


def _without_slash(url: str) -> str:
    return url.rstrip("/")


WITHOUT_SLASH = AfterValidator(_without_slash)
"""A URL to which paths are added: it ends without a slash."""


class Section(BaseModel):
    """Frozen, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
