"""`GET /healthz`: whether this process can do its work.

What always holds: healthy means that the store answers, for without it nothing may pass. What it
does not do: tell strangers more than yes or no.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bastion.errors import StoreError
from bastion.store.worker import StoreWorker


def routes(store: StoreWorker) -> list[BaseRoute]:
    """What this module serves."""

    async def health(request: Request) -> Response:  # noqa: ARG001  every request is answered alike
        try:
            await store.run(lambda opened: opened.audit.entries(0, 1))
        except StoreError:
            return JSONResponse({"status": "failing"}, 503)
        return JSONResponse({"status": "ok"})

    return [Route("/healthz", health)]
