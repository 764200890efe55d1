"""The menu of `ssh BASTION`: choose a host that may be reached, and go on there as if named."""
