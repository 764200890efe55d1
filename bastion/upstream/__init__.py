"""The hosts' side: which key opens a host, which key it must show, and the connection to it."""
