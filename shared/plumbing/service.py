"""A service, put together: HTTP, the wire, the timers and the relay in one process."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from faststream.kafka import KafkaBroker
from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.plugins.pydantic import PydanticPlugin

from shared.plumbing import logs, tracing
from shared.plumbing.access import Access
from shared.plumbing.attachments.keeping import Attachments
from shared.plumbing.attachments.storage import open_storage
from shared.plumbing.auth import Issuers, authorise, load_authz
from shared.plumbing.bus import Listener, answers
from shared.plumbing.change import Ask, Base, fingerprint
from shared.plumbing.database import Clock, Pool, open_pool
from shared.plumbing.errors import answer
from shared.plumbing.inbox import Inbox
from shared.plumbing.journal import put_seal
from shared.plumbing.kafka import client_options, security
from shared.plumbing.metrics import Metrics, Pulse
from shared.plumbing.notices.noticing import Noticing
from shared.plumbing.notices.words import Teller
from shared.plumbing.openapi import Bodies, OpenAPI
from shared.plumbing.outbox import Relay
from shared.plumbing.public_texts import refuse_personal
from shared.plumbing.quarantine import Quarantine
from shared.plumbing.query import queries
from shared.plumbing.rate_limit import RateLimits
from shared.plumbing.repair import Repair
from shared.plumbing.server import Server
from shared.plumbing.settings import Settings, read_yaml
from shared.plumbing.store import Kind
from shared.plumbing.strict import StrictRequest, readable
from shared.plumbing.supervision import Supervision
from shared.plumbing.timers import Timers
from shared.plumbing.vault import Keys, Vault
from shared.plumbing.webhooks.hooking import Webhooks
from shared.plumbing.webhooks.words import Told
from shared.rules.calendar import Calendar, CalendarOverrides
from shared.rules.township import Dated, Terms, Town

log = logging.getLogger(__name__)
T = TypeVar("T", bound=Terms)
Asking = NamedDependency[Ask]
"""A door's parameter `ask`: who asks, with which key, for which version."""
AS_FIELDS_SAY: Any = None
"""How strictly a model is read. The framework's own False would overrule strict fields: 0 would be a no."""
MAX_BODY = 1_048_576
"""A JSON body above 1 MiB is refused."""
SEAL_EVERY_S = 60
METADATA_MS = 10_000
"""So soon a reader sees topics that were made after it joined; with the library's five minutes it would hear nothing."""
GRACE_S = 5.0
"""So long may draining take after the last request."""


@dataclass(frozen=True)
class Plan(Generic[T]):
    """What a service is made of, wired by hand in its `main.py`."""

    name: str
    terms: type[T]
    kinds: Sequence[Kind[Any]]
    topics: Sequence[str]
    routes: Sequence[HTTPRouteHandler]
    listen: "Callable[[Inbox, Service[T]], None]"
    ring: "Callable[[Timers, Service[T]], None] | None" = None
    begin: "Callable[[Service[T]], Awaitable[None]] | None" = None
    tells: "Callable[[Service[T]], Teller] | None" = None
    tidy: "Callable[[Service[T]], Awaitable[None]] | None" = None
    """What is taken away every minute because its time is over."""
    publishes: bool = False
    """Whatever staff write through its doors goes onto the bus, for everybody and for ever."""
    speaks: bool = True
    attachments: bool = False
    pages: bool = False
    """People look at it in a browser: to look, the cookie of a sign-in counts as a token."""
    refused: Callable[[Request[Any, Any, Any], Exception], Response[bytes]] = answer
    """How it says no."""
    told: Told | None = None
    """Which of its facts the units' own systems get by webhook."""


@dataclass
class Service(Generic[T]):
    """A running service, as its doors see it."""

    plan: Plan[T]
    settings: Settings
    pool: Pool
    clock: Clock
    base: Base
    town: Town
    terms: Dated[T]
    calendar: Calendar
    keys: Keys
    vault: Vault
    quarantine: Quarantine
    inbox: Inbox
    timers: Timers
    relay: Relay
    broker: KafkaBroker
    listener: Listener
    repair: Repair
    noticing: Noticing | None = None
    attachments: Attachments | None = None
    webhooks: Webhooks | None = None
    tasks: Supervision = field(default_factory=Supervision)
    pulse: Pulse = field(default_factory=Pulse)
    draining: bool = False

    def now(self) -> datetime:
        """The town's time."""
        return self.clock.now()

    @property
    def today(self) -> T:
        """The terms in force now."""
        return self.terms.on(self.now())

    @classmethod
    async def open(cls, plan: Plan[T], settings: Settings) -> "Service[T]":
        """Read the configuration, connect, and wire everything; nothing is listening yet."""
        document = read_yaml(settings.config / "township.yaml")
        town = Town.model_validate(document["town"])
        terms = Dated[plan.terms].model_validate({"versions": document[plan.name]})  # type: ignore[name-defined]
        calendar = Calendar(CalendarOverrides.model_validate(read_yaml(settings.config / "calendar.yaml")))
        keys = Keys.from_file(settings.master_key_file, plan.name)
        pool = await open_pool(settings.dsn, plan.name, settings.database_pool)
        clock = Clock(pool)
        await clock.refresh()
        if not settings.embedded and await pool.fetchval("select ahead <> interval '0' from town_clock"):
            raise RuntimeError("the town's clock of a production database may not be moved")
        base = Base(pool, clock, lambda moment: terms.on(moment).version)
        quarantine = Quarantine(plan.name, keys.quarantine)
        inbox = Inbox(plan.name, base, quarantine)
        relay = Relay(
            settings.dsn,
            client_options(settings),
            plan.name,
            base.wake,
            partitions=settings.partitions,
            idempotent=settings.kafka_idempotent,
        )
        broker = KafkaBroker(
            settings.kafka,
            security=security(settings),
            allow_auto_create_topics=False,
            logger=None,
            graceful_timeout=GRACE_S,
            metadata_max_age_ms=METADATA_MS,
        )
        listener = Listener(inbox, broker, plan.topics, session_timeout_ms=settings.session_timeout_ms)
        timers = Timers(plan.name, base, quarantine)
        service = cls(
            plan,
            settings,
            pool,
            clock,
            base,
            town,
            terms,
            calendar,
            keys,
            Vault(keys),
            quarantine,
            inbox,
            timers,
            relay,
            broker,
            listener,
            Repair(inbox, settings.peers, settings.token_file),
        )
        if plan.attachments:
            if settings.attachments:
                storage = open_storage(settings.attachments)
                service.attachments = Attachments(plan.name, base, service.vault, keys.lookup, storage)
            else:
                log.warning("no_attachments")
        plan.listen(inbox, service)
        if plan.ring:
            plan.ring(timers, service)
        if plan.tells:
            service.noticing = Noticing.open(plan.tells(service), base, quarantine, settings, town, document)
        if plan.told:
            service.webhooks = Webhooks.open(plan.told, plan.name, base, service.vault, settings, document)
        return service

    # -- background

    async def _listen(self) -> None:
        """Connect to the broker, however long that takes, then watch the log.

        Asked first whether it is there: a client whose start fails never gives back what it opened.
        """
        pause = 0.2
        while True:
            await self.broker.stop()  # what a failed start, or a reader that died, has left open
            try:
                if not await answers(self.settings.kafka):
                    raise ConnectionError
                await self.broker.start()
                break
            except Exception as error:
                log.warning("broker_away", extra={"error": type(error).__name__, "again_in_s": pause})
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
        await self.listener.watch()

    async def _seal(self) -> None:
        while True:
            await asyncio.sleep(SEAL_EVERY_S)
            try:
                await put_seal(self.pool, self.keys.signer)
                await self.pool.execute("delete from idempotency where at < clock_timestamp() - interval '24 hours'")
            except Exception as error:
                log.warning("seal_failed", extra={"error": type(error).__name__})
            try:
                if self.plan.tidy:
                    await self.plan.tidy(self)
            except Exception as error:
                log.warning("tidy_failed", extra={"error": type(error).__name__})

    async def start(self) -> None:
        """Open the doors of facts and of time."""
        if self.plan.begin:
            await self.plan.begin(self)
        self.tasks.keep("clock", self.clock.keep)
        self.tasks.keep("pulse", self.pulse.run)
        self.tasks.keep("listener", self._listen)
        if self.plan.speaks:
            self.tasks.keep("relay", self.relay.run)
            self.tasks.keep("seal", self._seal)
        if self.plan.ring:
            self.tasks.keep("timers", self.timers.run)
        if self.noticing:
            self.tasks.keep("notice-reader", self.noticing.reader.run)
            self.tasks.keep("notice-sender", self.noticing.sender.run)
        if self.webhooks:
            self.tasks.keep("webhook-reader", self.webhooks.reader.run)
            self.tasks.keep("webhook-sender", self.webhooks.sender.run)
        if self.attachments:
            self.tasks.keep("attachments", self.attachments.keep_tidy)
        if self.inbox.kinds is None or self.inbox.kinds:
            self.tasks.keep("repair", self.repair.run)
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        log.info("started", extra={"port": self.settings.port})

    async def stop(self) -> None:
        """Drain: first what comes in, then what goes out; whoever is away is not waited for beyond the grace period."""
        self.draining = True
        loop = asyncio.get_running_loop()
        end = loop.time() + GRACE_S
        self.tasks.end()
        self.timers.stop()
        self.listener.stop()
        if self.noticing:
            self.noticing.sender.stop()
        if self.webhooks:
            self.webhooks.sender.stop()
        await self.tasks.ended("listener", 0)  # it may be connecting still; the batch in hand is not its
        await self.tasks.ended("timers", end - loop.time())
        await self._until(end, asyncio.create_task(self.broker.stop(), name="broker"))
        await self.tasks.ended("notice-sender", end - loop.time())
        await self.tasks.ended("webhook-sender", end - loop.time())
        if self.webhooks:
            await self.webhooks.caller.close()
        self.relay.stop()
        await self.tasks.ended("relay", max(1.0, end - loop.time()))
        await self.tasks.cancel()
        if not await self._until(end, asyncio.create_task(self.pool.close(), name="pool")):
            self.pool.terminate()
        tracing.close()
        log.info("stopped")

    async def _until(self, end: float, task: "asyncio.Task[None]") -> bool:
        """Wait for the end of a task, at least half a second; whether it has ended."""
        left = max(0.5, end - asyncio.get_running_loop().time())
        done, late = await asyncio.wait([task], timeout=left)
        for one in done:
            if not one.cancelled() and (error := one.exception()):
                log.warning("drain_failed", extra={"error": type(error).__name__})
        for one in late:
            log.warning("drain_cut", extra={"what": one.get_name()})
            one.cancel()
        return not late

    async def broker_answers(self) -> bool:
        """Whether the broker does, and has given us partitions."""
        try:
            return self.listener.ready.is_set() and await self.broker.ping(2.0)
        except Exception:
            return False

    async def health(self) -> dict[str, bool]:
        """Whether each part works; a service that is going is not ready."""
        found = self.tasks.working()
        try:
            found["database"] = await asyncio.wait_for(self.pool.fetchval("select true"), 2)
        except Exception:
            found["database"] = False
        found["broker"] = await self.broker_answers()
        return found | ({"staying": False} if self.draining else {})


async def _ask(request: Request[Any, Any, Any], service: NamedDependency[Any]) -> Ask:
    """Who asks, with which key and for which version. It comes after `service`: two at once would cost a task each."""
    if service.plan.publishes:
        await refuse_personal(request, service.town)
    return asked(request, await request.body())


def asked(request: Request[Any, Any, Any], body: bytes) -> Ask:
    """The same of a request whose `body`, or what of it counts, was read already."""
    key, caller = request.headers.get("idempotency-key"), request.user
    return Ask(
        caller,
        f"{caller.subject}\n{request.method} {request.url.path}\n{key}" if key else None,
        fingerprint(body) if key else b"",
        int(version.strip('"')) if (version := request.headers.get("if-match")) else None,
        logs.correlation_of(request.headers.get("x-correlation-id")),
    )


async def _service(state: State) -> Any:
    return state.service


def application(plan: Plan[Any], settings: Settings) -> Litestar:
    """The ASGI application; its lifespan starts and stops everything else."""
    from shared.plumbing.house import HOUSE_ROUTES

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        service = await Service.open(plan, app.state.settings)
        app.state.service = service
        await service.start()
        try:
            yield
        finally:
            await service.stop()

    app = Litestar(
        [*HOUSE_ROUTES, *plan.routes],
        lifespan=[lifespan],
        guards=[authorise],
        dependencies={"ask": Provide(_ask), "service": Provide(_service)},
        exception_handlers={Exception: plan.refused},
        request_class=StrictRequest,
        request_max_body_size=MAX_BODY,
        before_request=readable,
        openapi_config=OpenAPIConfig(
            title=f"fiveplusn {plan.name}",
            version="1",
            path="/schema",
            render_plugins=[OpenAPI()],
            use_handler_docstrings=True,
        ),
        plugins=[Bodies(), PydanticPlugin(validate_strict=AS_FIELDS_SAY)],
        logging_config=None,
    )
    settle(app, plan, settings)
    _every_route_has_a_row(app, app.state.authz)
    app.asgi_handler = Access(app)
    return app


def settle(app: Litestar, plan: Plan[Any], settings: Settings) -> None:
    """Give an application what it finds around itself: who may what, whose tokens are good, where it counts."""
    app.state = State(
        {
            "settings": settings,
            "authz": load_authz(settings.config / "authz.yaml", plan.name),
            "issuers": Issuers(settings.jwks_file, settings.issuer, settings.audience),
            "metrics": Metrics(plan.name),
            "rate_limits": RateLimits(),
            "pages": plan.pages,
            "queries": queries(app),
        }
    )


def _every_route_has_a_row(app: Litestar, authz: dict[str, Any]) -> None:
    """A route that `authz.yaml` does not name, or a name without a route, stops the service."""
    named = {
        handler.handler_name
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if not route.path.startswith("/schema") and not handler.handler_name.startswith("options")
    }
    if named != authz.keys():
        raise RuntimeError(
            f"authz.yaml: missing {sorted(named - authz.keys())}, unknown {sorted(authz.keys() - named)}"
        )


def run(plan: Plan[Any]) -> None:
    """The process: `python -m services.<name>.main`."""
    settings = Settings(service=plan.name)
    logs.configure(plan.name, settings.log_level)
    tracing.configure(plan.name)
    Server(application(plan, settings), settings.host, settings.port, settings.drain_notice_s).run_to_the_end()
