"""libssh as a program: `python3 libssh_client.py JOB`, by its C interface."""

# ruff: noqa: T201  it answers by what it prints

import ctypes
import json
import socket
import sys

_LIB = ctypes.CDLL("libssh.so.4")
_HOST, _PORT, _USER, _FD, _KNOWN_HOSTS = 0, 1, 4, 3, 8  # enum ssh_options_e
_CONFIG = 38  # SSH_OPTIONS_PROCESS_CONFIG
_PROXY = 19
_AGAIN, _INFO, _EOF = -2, 3, -127
_SIZE = 32768
_WRITES, _READS = 0o1101, 0  # O_WRONLY | O_CREAT | O_TRUNC, O_RDONLY

for _name in ("ssh_new", "ssh_channel_new", "sftp_new", "sftp_open", "ssh_get_error"):
    getattr(_LIB, _name).restype = ctypes.c_void_p
for _name in ("ssh_channel_accept_forward", "ssh_userauth_kbdint_getinstruction"):
    getattr(_LIB, _name).restype = ctypes.c_void_p
_LIB.sftp_read.restype = _LIB.sftp_write.restype = ctypes.c_ssize_t


def main() -> int:
    """Do one job; its exit status."""
    job = json.loads(sys.argv[1])
    session = ctypes.c_void_p(_LIB.ssh_new())
    off = ctypes.c_bool(False)
    port = ctypes.c_uint(job["port"])
    _ok(session, _LIB.ssh_options_set(session, _CONFIG, ctypes.byref(off)))
    _ok(session, _LIB.ssh_options_set(session, _HOST, job["host"].encode()))
    _ok(session, _LIB.ssh_options_set(session, _PORT, ctypes.byref(port)))
    _ok(session, _LIB.ssh_options_set(session, _USER, job["user"].encode()))
    _ok(session, _LIB.ssh_options_set(session, _KNOWN_HOSTS, job["known_hosts"].encode()))
    if job.get("proxy"):
        _ok(session, _LIB.ssh_options_set(session, _PROXY, job["proxy"].encode()))
    _ok(session, _LIB.ssh_connect(session))
    if _LIB.ssh_session_is_known_server(session) != 1:
        raise SystemExit("the host key is another one")
    _log_in(session, job)
    return globals()[f"do_{job['do']}"](session, job) or 0


def _ok(session, result):
    if result != 0:
        said = ctypes.string_at(_LIB.ssh_get_error(session)).decode()
        print(f"libssh: {said}", file=sys.stderr)
        raise SystemExit(255)


def _log_in(session, job):
    if job.get("proxy"):
        _ok(session, _LIB.ssh_userauth_none(session, None))
        return
    if job["do"] == "sign_in":
        while (state := _LIB.ssh_userauth_kbdint(session, None, None)) == _INFO:
            print(ctypes.string_at(_LIB.ssh_userauth_kbdint_getinstruction(session)).decode())
            sys.stdout.flush()
        _ok(session, state)
        return
    key, certificate = ctypes.c_void_p(), ctypes.c_void_p()
    path = job["key"].encode()
    _ok(session, _LIB.ssh_pki_import_privkey_file(path, None, None, None, ctypes.byref(key)))
    path = f"{job['key']}-cert.pub".encode()
    _ok(session, _LIB.ssh_pki_import_cert_file(path, ctypes.byref(certificate)))
    _ok(session, _LIB.ssh_pki_copy_cert_to_privkey(certificate, key))
    _ok(session, _LIB.ssh_userauth_publickey(session, None, key))


def _channel(session):
    channel = ctypes.c_void_p(_LIB.ssh_channel_new(session))
    _ok(session, _LIB.ssh_channel_open_session(channel))
    return channel


def _read(channel, write):
    """Everything that comes, until its end."""
    room = ctypes.create_string_buffer(_SIZE)
    for is_stderr in (0, 1):
        while (size := _LIB.ssh_channel_read(channel, room, _SIZE, is_stderr)) > 0:
            (sys.stderr.buffer.write if is_stderr else write)(room.raw[:size])


def _write(channel, data):
    for at in range(0, len(data), _SIZE):
        part = data[at : at + _SIZE]
        if _LIB.ssh_channel_write(channel, part, len(part)) != len(part):
            raise SystemExit("libssh wrote less")


def do_exec(session, job):
    """Run a command with our stdin, stdout and stderr."""
    channel = _channel(session)
    _ok(session, _LIB.ssh_channel_request_exec(channel, job["command"].encode()))
    if job["do"] == "exec":
        _write(channel, sys.stdin.buffer.read())
    _LIB.ssh_channel_send_eof(channel)
    _read(channel, sys.stdout.buffer.write)
    return _LIB.ssh_channel_get_exit_status(channel)


do_sign_in = do_exec


def do_shell(session, job):
    """A shell on a terminal, that is typed to."""
    channel = _channel(session)
    _ok(session, _LIB.ssh_channel_request_pty_size(channel, b"xterm", 91, 33))
    _ok(session, _LIB.ssh_channel_request_shell(channel))
    _write(channel, job["command"].encode())
    _read(channel, sys.stdout.buffer.write)
    return _LIB.ssh_channel_get_exit_status(channel)


def do_shared(session, _job):
    """Five commands at once on one connection."""
    channels = [_channel(session) for _ in range(5)]
    for number, channel in enumerate(channels):
        _ok(session, _LIB.ssh_channel_request_exec(channel, f"exit {number}".encode()))
    for channel in channels:
        _read(channel, sys.stdout.buffer.write)
    print([_LIB.ssh_channel_get_exit_status(channel) for channel in channels])


def _sftp(session):
    sftp = ctypes.c_void_p(_LIB.sftp_new(session))
    _ok(session, 0 if sftp else 1)
    _ok(session, _LIB.sftp_init(sftp))
    return sftp


def _opened(session, sftp, path, flags):
    handle = ctypes.c_void_p(_LIB.sftp_open(sftp, path.encode(), flags, 0o600))
    _ok(session, 0 if handle else 1)
    return handle


def do_put(session, job):
    """Upload a file."""
    with open(job["local"], "rb") as local:  # noqa: PTH123  as short as C
        data = local.read()
    handle = _opened(session, _sftp(session), job["remote"], _WRITES)
    for at in range(0, len(data), _SIZE):
        part = data[at : at + _SIZE]
        if _LIB.sftp_write(handle, part, ctypes.c_size_t(len(part))) != len(part):
            raise SystemExit("libssh wrote less")
    _ok(session, _LIB.sftp_close(handle))


def do_get(session, job):
    """Download a file."""
    handle = _opened(session, _sftp(session), job["remote"], _READS)
    room = ctypes.create_string_buffer(_SIZE)
    with open(job["local"], "wb") as local:  # noqa: PTH123  as short as C
        while (size := _LIB.sftp_read(handle, room, ctypes.c_size_t(_SIZE))) > 0:
            local.write(room.raw[:size])
    _ok(session, _LIB.sftp_close(handle))


def do_stdio(session, job):
    """A forwarded connection on stdin and stdout."""
    channel = ctypes.c_void_p(_LIB.ssh_channel_new(session))
    _ok(session, _LIB.ssh_channel_open_forward(channel, b"127.0.0.1", job["to"], b"127.0.0.1", 1))
    _write(channel, sys.stdin.buffer.read())
    _LIB.ssh_channel_send_eof(channel)
    _read(channel, sys.stdout.buffer.write)


def do_listen(session, job):
    """The host listens; its first connection is joined to the place `to` here."""
    port = ctypes.c_int()
    _ok(session, _LIB.ssh_channel_listen_forward(session, b"localhost", 0, ctypes.byref(port)))
    print(port.value, flush=True)
    channel = ctypes.c_void_p(_LIB.ssh_channel_accept_forward(session, 30_000, None))
    with socket.create_connection(("127.0.0.1", job["to"])) as here:
        _read(channel, here.sendall)
        here.shutdown(socket.SHUT_WR)
        while data := here.recv(_SIZE):
            _write(channel, data)
    _LIB.ssh_channel_send_eof(channel)
    sys.stdin.read()  # until it is ended: a disconnect at once could overtake the last bytes


if __name__ == "__main__":
    sys.exit(main())
