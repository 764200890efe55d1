"""Every SQL statement of the product, behind the protocols of `bastion.store.protocol`."""
