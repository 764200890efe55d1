"""SFTP version 3 and the scp protocol, read as they pass: values in, values out."""
