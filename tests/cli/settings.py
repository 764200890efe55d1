"""The smallest configuration that a command reads."""


def settings_in(folder, more=""):
    """The file in *folder*, with *more* at its end."""
    path = folder / "config.toml"
    path.write_text(
        'state_dir = "state"\nrules_dir = "rules"\n'
        f'[oidc]\nissuer = "http://127.0.0.1:1"\nclient_id = "bastion"\n{more}'
    )
    return path
