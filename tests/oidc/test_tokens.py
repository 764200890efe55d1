"""Raw tokens are carried, never shown."""

from bastion.oidc.fetch import Answer
from bastion.oidc.tokens import Tokens


def test_tokens_are_read_and_not_shown():
    """What is no text is absent; neither token is in the repr."""
    tokens = Tokens.read(Answer(200, {"id_token": "secret-1", "access_token": "secret-2"}))
    assert (tokens.id_token, tokens.access_token) == ("secret-1", "secret-2")
    assert "secret" not in repr(tokens)
    assert Tokens.read(Answer(200, {"id_token": "x", "access_token": 7})).access_token == ""
