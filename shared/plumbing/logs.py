"""Logs: one JSON object a line; ids, never payloads."""

import logging
import sys
from typing import Any

import structlog


def configure(service: str, level: str) -> None:
    """Everything, the libraries' messages included, goes to standard output as JSON lines in UTC."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        lambda _logger, _method, event: event | {"service": service},
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _without_payloads,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("aiokafka", "faststream", "uvicorn.access", "httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("aiokafka.consumer.group_coordinator").setLevel(logging.ERROR)


def _without_payloads(_logger: Any, _method: str, event: Any) -> Any:
    """A traceback's last line may quote what was being handled: keep the error's type and its frames only."""
    if "exception" in event:
        lines = event["exception"].splitlines()
        frames = [line for line in lines if line.lstrip().startswith("File ")]
        event["exception"] = [*frames, lines[-1].partition(":")[0]]
    return event
