"""What `bastion quickstart` brings so that one machine is enough: an identity provider, a host.

What always holds: everything here says that it is a demo, and listens on loopback alone. What it
does not do: run in production; the product's own packages never import it.
"""
