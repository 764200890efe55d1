"""Asks an OpenBao or Vault server.

What always holds: the token goes to the server that the configuration names, over TLS or loopback,
and appears in no error; an answer is bounded. What it does not do: know the engines; `bastion.ca`
and `bastion.sealing` do.
"""

import ssl
from typing import Any

import httpx

from bastion.config.keepers import OpenBaoServer
from bastion.errors import ConfigError, KeeperError, cause
from bastion.given import secret

_MAX_ANSWER_BYTES = 64 * 1024


async def ask(
    server: OpenBaoServer,
    method: str,
    path: str,
    body: dict[str, Any] | None = None,
    *,
    is_public: bool = False,
) -> str:
    """What *server* answers at *path*; raises KeeperError or ConfigError.

    The token is read anew each time; what *is_public* is asked without one.
    """
    url, headers = f"{server.url}/v1/{path}", {} if is_public else _headers(server)
    try:
        context = ssl.create_default_context(cafile=server.ca_file)
        # trust_env off: a proxy from the environment must not carry the token.
        async with httpx.AsyncClient(
            verify=context, trust_env=False, timeout=server.timeout_seconds
        ) as client:
            answer = await client.request(method, url, headers=headers, json=body)
    except ssl.SSLError as error:
        raise ConfigError(f"{server.ca_file}: cannot be used as CA file: {cause(error)}") from error
    except (httpx.HTTPError, OSError) as error:
        raise KeeperError(f"{url}: does not answer: {cause(error)}") from error
    if not answer.is_success or len(answer.content) > _MAX_ANSWER_BYTES:
        raise KeeperError(f"{url}: answers {answer.status_code}: {_problems(answer)}")
    return answer.text


def _headers(server: OpenBaoServer) -> dict[str, str]:
    token = secret(server.token_file, server.token_credential) or b""
    try:
        return {"X-Vault-Token": token.decode("ascii"), "X-Vault-Request": "true"}
    except UnicodeDecodeError:  # its error would show the token
        raise ConfigError(f"{server.url}: the file of its token holds no token") from None


def _problems(answer: httpx.Response) -> str:
    """What the server says is wrong; never more than a line."""
    try:
        errors = answer.json()["errors"]
    except (ValueError, KeyError, TypeError):
        return "no reason"
    return "; ".join(str(error) for error in errors)[:300].replace("\n", " ") or "no reason"
