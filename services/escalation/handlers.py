"""What escalation hears: a topic that needs departments, and a complaint routed into an issue."""

from services.escalation.domain import whistle
from services.escalation.domain.issue import Issue
from services.escalation.domain.routing import Matter
from services.escalation.domain.terms import Terms
from services.escalation.routing import by_rules
from services.escalation.store import ISSUES
from shared.events.base import derived
from shared.events.deliberation import TopicNeedsDepartments
from shared.events.intake import ComplaintRouted
from shared.events.vocabulary import RouteTarget
from shared.plumbing.heard import Heard
from shared.plumbing.inbox import Inbox
from shared.plumbing.service import Service
from shared.plumbing.work import Held, Work


def listen(inbox: Inbox, service: Service[Terms]) -> None:
    """Register everything that is heard."""
    town, calendar = service.town, service.calendar

    @inbox.hears(TopicNeedsDepartments, touches=lambda heard: [(ISSUES, derived("issue", heard.name))])
    def on_topic(work: Work, heard: Heard[TopicNeedsDepartments], issue: Held[Issue]) -> None:
        """A topic may ask again after a second meeting: every asking is an issue of its own."""
        issue.change(
            whistle.request_from_topic,
            heard.fact,
            heard.ref,
            now=work.now,
            terms=service.terms.on(work.now),
            calendar=calendar,
        )

    @inbox.hears(
        ComplaintRouted,
        touches=lambda heard: (
            [(ISSUES, derived("issue", heard.ref))]
            if heard.fact.wanted is RouteTarget.ISSUE and heard.fact.target is None
            else []
        ),
    )
    def on_route(work: Work, heard: Heard[ComplaintRouted], *issues: Held[Issue]) -> None:
        fact = heard.fact
        where, what = town.place(fact.place) or town.community(fact.community), town.category(fact.category)
        subject = what.name if what else fact.category
        proposal = by_rules(service, Matter(fact.community, fact.category, fact.place), work.now)
        for issue in issues:
            issue.change(
                whistle.request_from_route,
                fact,
                heard.ref,
                title=f"{where.name}：{subject}" if where else subject,
                now=work.now,
                terms=service.terms.on(work.now),
                calendar=calendar,
                proposal=proposal,
            )
