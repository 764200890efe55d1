"""The log: one JSON object a line on stderr, for operators and their collectors.

What always holds: the log says causes and never secrets; commands, tokens and links are not logged.
asyncssh speaks from warnings up only (its information lines hold commands). What it does not do:
keep anything; what must be kept is in the audit log.
"""

import logging
import sys
from typing import TextIO

import structlog

# Without the values of variables: they may be tokens, links or commands.
_TRACEBACKS = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)


class _Flood(logging.Filter):
    """asyncio prints this line in a tight loop when a client vanishes in a burst."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether *record* is worth a line."""
        return "socket.send() raised exception" not in record.getMessage()


def configure(stream: TextIO = sys.stderr, level: int = logging.INFO) -> None:
    """Send all logs to *stream* from *level* up."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(_TRACEBACKS),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=shared,
        )
    )
    handler.addFilter(_Flood())
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in ("asyncssh", "httpx", "httpcore", "uvicorn", "apprise"):
        logging.getLogger(name).setLevel(logging.WARNING)
