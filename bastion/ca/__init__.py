"""The three certificate authorities: users, the bastion's host names, and access to hosts."""
