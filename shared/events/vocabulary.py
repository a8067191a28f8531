"""The town's closed word lists, as every service writes them.

Open lists (communities, places, categories, units) are codes of `config/township.yaml`.
"""

from enum import StrEnum
from typing import Union


class CommunityKind(StrEnum):
    """社区/村: what kind of community it is."""

    RESIDENTIAL = "RESIDENTIAL"
    VILLAGE = "VILLAGE"


class ComplaintType(StrEnum):
    """诉求类型: 咨询 求助 投诉 举报 建议 (the five types of the Beijing regulation on swift response, 2021)."""

    INQUIRY = "INQUIRY"
    ASSISTANCE = "ASSISTANCE"
    COMPLAINT = "COMPLAINT"
    REPORT = "REPORT"
    SUGGESTION = "SUGGESTION"


class Channel(StrEnum):
    """受理渠道: where a demand comes in (the seed names all but WEB and IMPORT)."""

    HOTLINE_12345 = "HOTLINE_12345"
    QQ = "QQ"
    WECHAT = "WECHAT"
    OPINION_BOX = "OPINION_BOX"
    HOUSEHOLD_VISIT = "HOUSEHOLD_VISIT"
    VILLAGE_OFFICE = "VILLAGE_OFFICE"
    WEB = "WEB"
    IMPORT = "IMPORT"


class Urgency(StrEnum):
    """紧急程度: decides every limit of a complaint."""

    CRITICAL = "CRITICAL"
    URGENT = "URGENT"
    ROUTINE = "ROUTINE"
    COMPLEX = "COMPLEX"


class Satisfaction(StrEnum):
    """满意度: what the complainant answers when called back."""

    SATISFIED = "SATISFIED"
    BASICALLY = "BASICALLY"
    NEUTRAL = "NEUTRAL"
    DISSATISFIED = "DISSATISFIED"


class RouteTarget(StrEnum):
    """转办去向: what a complaint can be routed to."""

    TOPIC = "TOPIC"
    ISSUE = "ISSUE"
    SUGGESTION = "SUGGESTION"
    PROJECT = "PROJECT"


class SevenNeeds(StrEnum):
    """七有."""

    CHILDCARE = "CHILDCARE"
    EDUCATION = "EDUCATION"
    EMPLOYMENT = "EMPLOYMENT"
    MEDICAL_CARE = "MEDICAL_CARE"
    ELDERLY_CARE = "ELDERLY_CARE"
    HOUSING = "HOUSING"
    SOCIAL_ASSISTANCE = "SOCIAL_ASSISTANCE"


class FiveQualities(StrEnum):
    """五性."""

    CONVENIENCE = "CONVENIENCE"
    LIVABILITY = "LIVABILITY"
    DIVERSITY = "DIVERSITY"
    FAIRNESS = "FAIRNESS"
    SAFETY = "SAFETY"


Tag = Union[SevenNeeds, FiveQualities]  # noqa: UP007 - a `typing.Union`: OpenAPI generation tells it from an enum
"""七有/五性: the tags of a common demand."""


class ProjectCategory(StrEnum):
    """民心项目分类: 改善居住条件 保障公共安全 营造宜居环境 便民出行."""

    HOUSING_CONDITIONS = "HOUSING_CONDITIONS"
    PUBLIC_SAFETY = "PUBLIC_SAFETY"
    LIVEABLE_ENVIRONMENT = "LIVEABLE_ENVIRONMENT"
    TRAVEL = "TRAVEL"


class WhistleKind(StrEnum):
    """吹哨类型: 群众诉求 重点工作 综合执法 应急处置 (北京市街道办事处条例, 2020-01-01)."""

    PUBLIC_DEMAND = "PUBLIC_DEMAND"
    KEY_TASK = "KEY_TASK"
    JOINT_ENFORCEMENT = "JOINT_ENFORCEMENT"
    EMERGENCY = "EMERGENCY"


class CheckInMode(StrEnum):
    """报到方式."""

    ON_SITE = "ON_SITE"
    ONLINE = "ONLINE"


class TopicOrigin(StrEnum):
    """议题来源."""

    HOTSPOT = "HOTSPOT"
    ROUTE = "ROUTE"
    TWO_COMMITTEES = "TWO_COMMITTEES"
    COLLECTED_OPINIONS = "COLLECTED_OPINIONS"
    RESIDENT = "RESIDENT"
    INSPECTION = "INSPECTION"
    PROBLEM_RAISED = "PROBLEM_RAISED"


class DisclosureStage(StrEnum):
    """公开阶段 of a project: at each of them the sources are told."""

    POOLED = "POOLED"
    APPROVED = "APPROVED"
    STARTED = "STARTED"
    COMPLETED = "COMPLETED"
    ACCEPTED = "ACCEPTED"


class ProgressStep(StrEnum):
    """What moved a complaint or a topic on, when it happened in another service."""

    HANDLING = "HANDLING"
    LISTING_PROPOSED = "LISTING_PROPOSED"
    ISSUE_ESCALATED = "ISSUE_ESCALATED"
    DEPARTMENT_CHECKED_IN = "DEPARTMENT_CHECKED_IN"
    ISSUE_RESOLVED = "ISSUE_RESOLVED"
    PROJECT_DISCLOSED = "PROJECT_DISCLOSED"


class Quantity(StrEnum):
    """Units in which work done is counted (19 road repairs, 8 truckloads, 18 buildings)."""

    PLACES = "PLACES"
    BUILDINGS = "BUILDINGS"
    AREAS = "AREAS"
    TRUCKLOADS = "TRUCKLOADS"
    PIECES = "PIECES"
    METRES = "METRES"
    SQUARE_METRES = "SQUARE_METRES"
    HOUSEHOLDS = "HOUSEHOLDS"
    TIMES = "TIMES"
    DAYS = "DAYS"
