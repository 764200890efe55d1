"""The running bastion: makes its state, puts the parts together, starts and stops them."""
