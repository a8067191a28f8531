"""推送: a department's own system gets the facts of its duties."""

from shared.events.base import Fact
from shared.events.escalation import DutyFact
from shared.plumbing.webhooks.doors import WEBHOOK_DOORS
from shared.plumbing.webhooks.words import Told

TOLD = Told(tuple(fact for fact in Fact.known.values() if issubclass(fact, DutyFact)), "department")
"""Every fact of a duty, to the department whose duty it is."""
ROUTES = WEBHOOK_DOORS
