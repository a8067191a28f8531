"""提议召开: who may demand an assembly, by the law of the forum."""

from datetime import datetime

from services.deliberation.domain.asked import DemandAssembly
from services.deliberation.domain.assembly_law import forums_for, rules_on
from services.deliberation.domain.topic import Topic, TopicState, not_in, proposed
from shared.events.deliberation import AssemblyDemanded, TopicFact
from shared.rules.broken import Reason, refuse
from shared.rules.township import SHANGHAI, Town


def demand(before: Topic | None, asked: DemandAssembly, *, now: datetime, town: Town) -> list[TopicFact]:
    """提议召开: enough villagers, residents, representatives or owners; then it has to be called, whatever a meeting says.

    Sources: 村民委员会组织法 2018 art. 21 and 26, 北京市实施《城市居民委员会组织法》办法 art. 15, 北京市物业管理条例 art. 35.
    """
    topic = proposed(before)
    community = town.community(topic.community)
    today = now.astimezone(SHANGHAI).date()
    rules = rules_on(asked.forum, today)
    share = rules.demand.get(asked.base)
    refuse(
        topic.state is not TopicState.ACCEPTED and not_in(TopicState.ACCEPTED),
        community is not None
        and asked.forum not in forums_for(asked.matter, community.kind)
        and Reason("wrong_forum", "该事项依法不由这一会议决定", "/forum"),
        rules.authorised_only
        and not asked.authorised
        and Reason("not_authorised", "代表会议只能决定经授权的事项", "/authorised"),
        share is None and Reason("wrong_base", "法律没有规定按这一口径提议召开该会议", "/base"),
        asked.demanding > asked.entitled and Reason("counts_inconsistent", "提议人数不得超过总数", "/demanding"),
        share is not None
        and asked.demanding < asked.entitled * share
        and Reason("demand_too_small", f"提议须达到总数的 {share}", "/demanding"),
    )
    return [
        AssemblyDemanded(
            forum=asked.forum,
            matter=asked.matter,
            authorised=asked.authorised,
            base=asked.base,
            demanding=asked.demanding,
            entitled=asked.entitled,
            law=rules.law,
            legal_check_due=rules.check_due(today),
            community=topic.community,
            public_title=topic.public_title,
            sources=topic.asked_by,
        )
    ]
