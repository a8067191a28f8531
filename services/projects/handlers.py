"""What projects hears of the other services."""

from dataclasses import replace

from services.projects.domain.disclosing import told
from services.projects.domain.fund_raising import Decision, noted
from services.projects.domain.project import Project
from services.projects.domain.proposing import propose_from_topic
from services.projects.domain.suggesting import collect_from_route
from services.projects.domain.suggestion import Suggestion
from services.projects.domain.terms import Terms
from services.projects.store import DECISIONS, DEMAND_DAYS, PROJECTS, SUGGESTIONS, DemandDays, demand_id
from shared.events.base import derived, ref_id, ref_kind
from shared.events.deliberation import AssemblyCalled, AssemblyDecided, TopicNeedsProject, TopicProgressed
from shared.events.intake import ComplaintProgressed, ComplaintRouted, DemandCounted
from shared.plumbing.heard import Heard
from shared.plumbing.inbox import Inbox
from shared.plumbing.service import Service
from shared.plumbing.work import Held, One, Work


def listen(inbox: Inbox, service: Service[Terms]) -> None:
    """Who hears whom: docs/architecture.md."""

    @inbox.hears(TopicNeedsProject, touches=lambda h: [(PROJECTS, derived("project", h.name))])
    def on_topic_needs_project(work: Work, heard: Heard[TopicNeedsProject], held: Held[Project]) -> None:
        """议题纳入项目池: the id follows from the fact, because a topic may ask again."""
        held.change(propose_from_topic, heard.fact, topic=heard.ref, now=work.now)

    @inbox.hears(ComplaintRouted, touches=lambda h: [(SUGGESTIONS, derived("suggestion", h.ref))])
    def on_complaint_routed(work: Work, heard: Heard[ComplaintRouted], held: Held[Suggestion]) -> None:
        """工单转入建议池."""
        terms = service.terms.on(work.now)
        held.change(
            collect_from_route, heard.fact, route=heard.ref, now=work.now, terms=terms, calendar=service.calendar
        )

    @inbox.hears(DemandCounted, touches=lambda h: [(DEMAND_DAYS, demand_id(h.fact.category, h.fact.place))])
    def on_demand_counted(work: Work, heard: Heard[DemandCounted], held: Held[DemandDays]) -> None:
        """日诉求量: remembered for the effect check; a later count of the same day stands."""
        fact = heard.fact
        known = held.state or DemandDays(fact.category, fact.place, {})
        held.note(replace(known, days=known.days | {fact.day.isoformat(): fact.complaints}))

    @inbox.hears(AssemblyCalled, touches=lambda h: [(DECISIONS, ref_id(h.ref))])
    def on_assembly_called(work: Work, heard: Heard[AssemblyCalled], held: Held[Decision]) -> None:
        """会议提请召开: remembered, because a village may raise money by its decision."""
        _remember(held, heard.fact)

    @inbox.hears(AssemblyDecided, touches=lambda h: [(DECISIONS, ref_id(h.ref))])
    def on_assembly_decided(work: Work, heard: Heard[AssemblyDecided], held: Held[Decision]) -> None:
        """会议表决."""
        _remember(held, heard.fact)

    @inbox.hears(TopicProgressed, touches=lambda h: _project(h.fact))
    def on_topic_progressed(work: Work, heard: Heard[TopicProgressed], *held: Held[Project]) -> None:
        """议题已告知."""
        for project in held:
            assert heard.fact.stage is not None
            project.change(told, source=heard.ref, stage=heard.fact.stage)

    @inbox.hears(ComplaintProgressed, touches=lambda h: _project(h.fact))
    def on_complaint_progressed(work: Work, heard: Heard[ComplaintProgressed], *held: Held[Project]) -> None:
        """诉求人已告知."""
        for project in held:
            if heard.fact.via and heard.fact.stage:
                project.change(told, source=heard.fact.via, stage=heard.fact.stage)


def _remember(held: Held[Decision], fact: AssemblyCalled | AssemblyDecided) -> None:
    known = noted(held.state, fact)
    if known is not None:
        held.note(known)


def _project(fact: TopicProgressed | ComplaintProgressed) -> list[One]:
    """The project whose disclosure this step was, if it was one."""
    if fact.stage is None or fact.cause is None or ref_kind(fact.cause) != PROJECTS.name:
        return []
    return [(PROJECTS, ref_id(fact.cause))]
