"""通知: what whoever suggested something is told, in one short message."""

from pathlib import Path

import pytest

from services.projects.domain.wording import named
from services.projects.telling import ANSWERED, OFFERED, message
from shared.events.projects import SuggestionAnswered, SuggestionOutcome
from shared.plumbing.notices.words import SMS_PART, Templates

TEXTS = Templates.load(Path("config/notices.yaml"), "projects", "北宫镇", OFFERED)


@pytest.mark.parametrize("outcome", SuggestionOutcome)
def test_an_answer_fits_into_one_short_message(outcome: SuggestionOutcome) -> None:
    said = message(SuggestionAnswered(answer="答" * 200, outcome=outcome), "suggestion/1/5")
    text = TEXTS.render(ANSWERED, said.parameters)
    assert text is not None
    assert text.startswith(f"【北宫镇】您提出的建议已答复：{named(outcome)}。答")
    assert text.endswith("…")
    assert len(text) <= SMS_PART


def test_a_short_answer_is_told_as_it_is() -> None:
    said = message(
        SuggestionAnswered(answer="已安排修剪", outcome=SuggestionOutcome.HANDLED_DIRECTLY), "suggestion/1/5"
    )
    assert said.parameters == {"outcome": "直接办理", "answer": "已安排修剪"}
    assert said.once == "suggestion/1/5"
