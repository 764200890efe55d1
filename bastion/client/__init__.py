"""The engineer's side: log in, keep the certificate, write what ssh needs to know."""
