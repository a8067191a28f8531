"""Imported once by the fork server of the tests (`tests.support.nursery`): what services are made of."""

import gc
import sys
from importlib import import_module

from ops.embedded.stack import SERVICES

STARTED = (
    *(f"services.{name}.main" for name in SERVICES),
    *(f"tests.support.{name}" for name in ("launch", "gateway", "receiver")),
)
"""Run by a child as its own `__main__`: what they import stays, they do not."""
BY_NAME = (
    *("shared.plumbing.house", "shared.plumbing.migrate", "shared.plumbing.topics", "tests.support.sample_services"),
    *("uvicorn.loops.uvloop", "uvicorn.protocols.http.httptools_impl", "uvicorn.protocols.websockets.auto"),
    *("uvicorn.lifespan.on", "anyio._backends._asyncio", "litestar.plugins.attrs", "litestar._kwargs"),
)
"""What is imported late, by its name."""

for name in (*STARTED, *BY_NAME):
    import_module(name)
for name in (*STARTED, "shared.plumbing.migrate", "shared.plumbing.topics"):
    del sys.modules[name]
gc.collect()
gc.freeze()
