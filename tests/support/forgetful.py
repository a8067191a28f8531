"""An escalation that does not remember what it has reproached a department with. Run it with `launch`."""

from services.escalation.domain import duty_deadline
from services.escalation.domain.duty import OWED, Duty
from services.escalation.main import PLAN
from shared.events.escalation import DutyStep

ESCALATION = PLAN


def owes(duty: Duty, step: DutyStep) -> bool:
    """Whatever was said before."""
    return duty.state in OWED[step]


duty_deadline.owes = owes
