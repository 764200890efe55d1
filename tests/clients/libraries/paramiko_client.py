"""Paramiko as a program: `python3 paramiko_client.py JOB`, run by the Python that has it."""

# ruff: noqa: T201  it answers by what it prints

import json
import socket
import sys
import threading

import paramiko

_SECONDS = 30


def main() -> int:
    """Do one job; its exit status."""
    job = json.loads(sys.argv[1])
    client = paramiko.SSHClient()
    client.load_host_keys(job["known_hosts"])
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    try:
        _log_in(client, job)
        return globals()[f"do_{job['do']}"](client, job) or 0
    except paramiko.ChannelException as error:
        print(f"channel: {error}", file=sys.stderr)
        return 255
    finally:
        client.close()


def _log_in(client, job):
    options = {"port": job["port"], "username": job["user"], "look_for_keys": False}
    if job.get("proxy"):
        options["sock"] = paramiko.ProxyCommand(job["proxy"])
        transport = paramiko.Transport(options["sock"])
        transport.start_client(timeout=_SECONDS)
        transport.auth_none(job["user"])
        client._transport = transport
    elif job["do"] == "sign_in":
        transport = paramiko.Transport(("127.0.0.1", job["port"]))
        transport.start_client(timeout=_SECONDS)
        transport.auth_timeout = _SECONDS
        transport.auth_interactive(job["user"], _shown)
        client._transport = transport
    else:
        key = paramiko.Ed25519Key.from_private_key_file(job["key"])
        key.load_certificate(f"{job['key']}-cert.pub")
        client.connect("127.0.0.1", pkey=key, allow_agent=False, timeout=_SECONDS, **options)


def _shown(title, instructions, prompts):
    print(title, instructions, flush=True)
    return ["" for _ in prompts]


def do_exec(client, job):
    """Run a command with our stdin, stdout and stderr."""
    stdin, stdout, stderr = client.exec_command(job["command"], timeout=_SECONDS)

    def feed():
        stdin.write(sys.stdin.buffer.read())
        stdin.flush()
        stdin.channel.shutdown_write()

    threading.Thread(target=feed, daemon=True).start()
    sys.stdout.buffer.write(stdout.read())
    sys.stderr.buffer.write(stderr.read())
    return stdout.channel.recv_exit_status()


do_sign_in = do_exec


def do_shell(client, job):
    """A shell on a terminal, that is typed to."""
    channel = client.invoke_shell(term="xterm", width=91, height=33)
    channel.settimeout(_SECONDS)
    channel.sendall(job["command"].encode())
    while data := channel.recv(65536):
        sys.stdout.buffer.write(data)
    return channel.recv_exit_status()


def do_shared(client, _job):
    """Five commands at once on one connection."""
    channels = [client.exec_command(f"exit {number}")[1].channel for number in range(5)]
    print([channel.recv_exit_status() for channel in channels])


def do_put(client, job):
    """Upload a file."""
    with client.open_sftp() as sftp:
        sftp.put(job["local"], job["remote"])


def do_get(client, job):
    """Download a file."""
    with client.open_sftp() as sftp:
        sftp.get(job["remote"], job["local"])


def do_stdio(client, job):
    """A forwarded connection on stdin and stdout."""
    transport = client.get_transport()
    place = ("127.0.0.1", job["to"])
    channel = transport.open_channel("direct-tcpip", place, ("127.0.0.1", 1))
    channel.sendall(sys.stdin.buffer.read())
    channel.shutdown_write()
    while data := channel.recv(65536):
        sys.stdout.buffer.write(data)


def do_listen(client, job):
    """The host listens; its first connection is joined to the place `to` here."""
    transport = client.get_transport()
    print(transport.request_port_forward("localhost", 0), flush=True)
    channel = transport.accept(_SECONDS)
    with socket.create_connection(("127.0.0.1", job["to"])) as here:
        while data := channel.recv(65536):
            here.sendall(data)
        here.shutdown(socket.SHUT_WR)
        while data := here.recv(65536):
            channel.sendall(data)
    channel.close()


def do_agent(client, job):
    """A command that uses our agent."""
    session = client.get_transport().open_session()
    paramiko.agent.AgentRequestHandler(session)
    session.exec_command(job["command"])
    sys.stdout.buffer.write(session.makefile("rb").read())
    return session.recv_exit_status()


if __name__ == "__main__":
    sys.exit(main())
