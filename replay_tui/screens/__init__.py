"""What fills the viewer's window: the catalogue, the player, the help."""
