"""Who asks, and whose business an aggregate is."""

from dataclasses import dataclass
from enum import StrEnum

from shared.rules.township import Role


class NotFound(Exception):
    """There is no such aggregate, or it is none of the caller's business."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose business an aggregate is: a community's, and some departments'.

    `communities`: others whom it concerns besides.
    `confidential`: it is nothing to the community where it merely happened, unless that is among `departments` itself.
    """

    community: str | None = None
    departments: tuple[str, ...] = ()
    confidential: bool = False
    communities: tuple[str, ...] = ()


class Reach(StrEnum):
    """How far a role reaches on a route: everything, its own communities, its own department."""

    TOWN = "town"
    COMMUNITY = "community"
    DEPARTMENT = "department"


@dataclass(frozen=True, slots=True)
class Person:
    """A caller: the role that opened the route to them, and how far it reaches there. `posts`: the posts they hold."""

    subject: str
    role: Role
    reach: Reach
    communities: frozenset[str] = frozenset()
    department: str | None = None
    posts: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """By what they may be named for a duty: their posts, or their own login."""
        return self.posts | {self.subject}

    @property
    def actor(self) -> str:
        """`role:scope:subject`, for the journal."""
        scope = self.department or ",".join(sorted(self.communities))
        return f"{self.role}:{scope}:{self.subject}"

    @property
    def unit(self) -> str:
        """The unit this caller speaks for: the department, else the own community, else the town."""
        return self.department or next(iter(sorted(self.communities)), "town")

    def reaches(self, scope: Scope) -> bool:
        """Whether an aggregate of this scope is the caller's business."""
        match self.reach:
            case Reach.TOWN:
                return True
            case Reach.COMMUNITY:
                own = scope.community in self.communities or not self.communities.isdisjoint(scope.communities)
                return own and (not scope.confidential or not self.communities.isdisjoint(scope.departments))
            case Reach.DEPARTMENT:
                return self.department in scope.departments

    def must_reach(self, scope: Scope) -> None:
        """Foreign business does not exist for the caller; raises `NotFound`."""
        if not self.reaches(scope):
            raise NotFound("out of reach")
