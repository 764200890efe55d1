"""The middle: what passes between engineer and host: recorded first, then judged, then sent."""
