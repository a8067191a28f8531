"""评分: arithmetic of the score, from 0 to 100, and never without its parts."""

from services.projects.domain.asked import ScoreProject
from services.projects.domain.terms import Scoring
from shared.events.projects import Criterion, ScorePart


def parts(asked: ScoreProject, scoring: Scoring) -> tuple[ScorePart, ...]:
    """What was measured, its points and its weight, per criterion. Cost counts per beneficiary: cheap earns points."""
    dear = scoring.dear_per_head_yuan * asked.beneficiaries
    measured = {
        Criterion.BENEFICIARIES: (asked.beneficiaries, _share(asked.beneficiaries, scoring.full_beneficiaries)),
        Criterion.PEOPLE: (asked.people, _share(asked.people, scoring.full_people)),
        Criterion.URGENCY: (asked.urgency, _graded(asked.urgency)),
        Criterion.COST: (asked.cost_yuan, _share(dear - asked.cost_yuan, dear)),
        Criterion.FEASIBILITY: (asked.feasibility, _graded(asked.feasibility)),
    }
    return tuple(
        ScorePart(criterion=criterion, measured=amount, points=points, weight=scoring.weights[criterion])
        for criterion, (amount, points) in measured.items()
    )


def total(scored: tuple[ScorePart, ...]) -> int:
    """The weighted points of all parts, rounded half up."""
    return (sum(part.points * part.weight for part in scored) + 50) // 100


def _share(amount: int, full: int) -> int:
    """Points for so much of the full amount, rounded half up, 0 to 100."""
    if full == 0:
        return 0
    return max(0, min(100, (200 * amount + full) // (2 * full)))


def _graded(grade: int) -> int:
    """A grade of 1 to 5 as 0 to 100 points."""
    return (grade - 1) * 25
