"""整理: what intake takes away once its time is over, looked at every minute."""

from services.intake.registering import IntakeService
from shared.plumbing.topics import WORK_ORDERS

ACTOR = "timer::intake"

_ERASURES = """
update erasures set subject = null where state = 'EXECUTED' and subject is not null
and decided_at < town_now() - make_interval(days => $1)
"""
_COUNTED = """
delete from forgotten_people f using complaints c where c.id = f.complaint
and c.received_at < town_now() - make_interval(days => $1)
"""
_RECOUNTED_DAYS = 401
"""Days are counted again for 400 days (`demand.KEPT`); after that nobody asks who was who."""


async def tidy(service: IntakeService) -> None:
    """Work orders set aside that nobody decided; whom an erasure concerned; how erased people were told apart."""
    terms = service.today.privacy
    await service.quarantine.expire(service.pool, WORK_ORDERS, terms.quarantine_days, ACTOR)
    await service.pool.execute(_ERASURES, terms.erasures_days)
    await service.pool.execute(_COUNTED, _RECOUNTED_DAYS)
