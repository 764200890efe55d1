"""What makes a relay by asyncssh as fast as OpenSSH's jump; every figure from bench/.

- Ciphers. The client's first choice counts, and OpenSSH's are those that asyncssh is slowest at
  (chacha20-poly1305, then AES-CTR). Every OpenSSH since 6.2 has AES-GCM, so it alone is offered to
  OpenSSH clients; others get the whole list.
- Writes. asyncssh writes every packet by itself. `Corked` gathers what one turn of the event loop
  sends into one write, which also lets an inner connection fill the outer one's packets. A key or
  its echo goes at once, and costs no further turn of the loop.
- AES-GCM. asyncssh sets the cipher up anew for every packet, which takes longer than a small one
  takes to encrypt; here that is done once for each key.
- Timers. asyncssh arms its keepalive timer anew with all that comes; `Unhurried` looks, once it
  fires, whether anything came meanwhile.
- Ignored messages. asyncssh sends an empty SSH_MSG_IGNORE before every packet, against an attack on
  CBC that no cipher offered here has.
- Packets are logged only when somebody listens.

What always holds: the order of bytes is the order of the packets; what was sent before a disconnect
is written before it.
"""

import asyncio
import logging
from typing import Any

from asyncssh.constants import MSG_IGNORE
from asyncssh.crypto import cipher
from asyncssh.packet import SSHPacketLogger

from bastion.guards.algorithms import FAST_CIPHERS

MAX_PACKET_BYTES = 128 * 1024
"""What hosts may send in one packet; fewer, larger events in the recording."""

_KEY_BYTES = 512
_TURN_SECONDS = 0.001  # what comes sooner after another is taken for the same turn of the loop


class Corked:
    """Mixed into a connection class before asyncssh's."""

    _loop: asyncio.AbstractEventLoop

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._gathered: list[bytes] = []
        self._is_gathering, self._sent_at = False, 0.0
        super().__init__(*args, **kwargs)

    def send_packet(self, pkttype: int, *args: bytes, **kwargs: Any) -> None:
        """Send a packet, unless it is there to be ignored."""
        if pkttype != MSG_IGNORE:
            super().send_packet(pkttype, *args, **kwargs)  # type: ignore[misc]  # asyncssh's

    def _send(self, data: bytes) -> None:
        """Write a small packet at once, unless one was just now: it is a key or its echo."""
        now = self._loop.time()
        is_alone = not self._is_gathering and now - self._sent_at >= _TURN_SECONDS
        if is_alone and len(data) <= _KEY_BYTES:
            self._sent_at = now
            super()._send(data)  # type: ignore[misc]  # asyncssh's
            return
        self._gathered.append(data)
        if not self._is_gathering:
            self._is_gathering = True
            self._loop.call_soon(self._write_gathered)

    def _write_gathered(self) -> None:
        self._is_gathering = False
        if self._gathered:
            data = b"".join(self._gathered)
            self._gathered.clear()
            super()._send(data)  # type: ignore[misc]  # asyncssh's

    def _force_close(self, exc: Exception | None) -> None:
        self._write_gathered()
        super()._force_close(exc)  # type: ignore[misc]  # asyncssh's


class FastCiphers:
    """Mixed into a server connection class before asyncssh's."""

    _client_version: bytes
    _enc_algs: Any

    def _send_kexinit(self) -> None:
        if self._client_version.startswith(b"SSH-2.0-OpenSSH_"):
            fast = [cipher.encode() for cipher in FAST_CIPHERS]
            # Where the configuration leaves both out, there is nothing to prefer.
            self._enc_algs = [name for name in fast if name in self._enc_algs] or self._enc_algs
        super()._send_kexinit()  # type: ignore[misc]  # asyncssh's


class Unhurried:
    """Mixed into a connection class before asyncssh's."""

    _loop: asyncio.AbstractEventLoop
    _keepalive_timer: asyncio.TimerHandle | None
    _keepalive_interval: float
    _heard_at = 0.0

    def _reset_keepalive_timer(self) -> None:
        """Something came: the peer is asked so long after that whether it is there."""
        if self._keepalive_timer is None:
            super()._reset_keepalive_timer()  # type: ignore[misc]  # asyncssh's
        else:
            self._heard_at = self._loop.time()

    def _keepalive_timer_callback(self) -> None:
        left = self._heard_at + self._keepalive_interval - self._loop.time()
        if left > 0:
            self._keepalive_timer = self._loop.call_later(left, self._keepalive_timer_callback)
        else:
            super()._keepalive_timer_callback()  # type: ignore[misc]  # asyncssh's


def install() -> None:
    """Log packets only when somebody listens, set ciphers up once; again it does nothing."""
    logger: Any = SSHPacketLogger
    if hasattr(logger, "_stock_log_packet"):
        return
    stock = logger._stock_log_packet = logger._log_packet  # noqa: SLF001  the only door
    listener = logging.getLogger("asyncssh")

    def log(self: Any, *args: Any, **kwargs: Any) -> None:
        if listener.isEnabledFor(logging.DEBUG):
            stock(self, *args, **kwargs)

    logger._log_packet = log  # noqa: SLF001
    _keep_aes_gcm()


def _keep_aes_gcm() -> None:
    """Have each cipher's key in the form that asyncssh makes of it for every packet."""
    ciphers: Any = cipher
    stock, made = ciphers.GCMCipher.__init__, ciphers.AESGCM

    def init(self: Any, name: str, key: bytes, iv: bytes) -> None:
        stock(self, name, key, iv)
        self._key = made(key)

    ciphers.GCMCipher.__init__ = init
    # One that was made before has its key in bytes.
    ciphers.AESGCM = lambda key: key if isinstance(key, made) else made(key)
