"""bastion: stands between people and GPU hosts; see docs/map.md for every module."""

__version__ = "0.1.0"
