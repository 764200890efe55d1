"""The demo host: a real sshd where there is one, else a small server with the local shell."""
