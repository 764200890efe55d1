"""What the bastion costs, measured beside OpenSSH in the same run: `make bench`."""
