"""The stack with Apache Kafka: it begins again at the same place, and takes the broker along when it is killed."""

from tests.embedded.test_stack import (
    stack,
    test_a_killed_stack_takes_its_processes_along_and_the_next_start_goes_on,
    test_after_the_end_nothing_of_it_runs_and_it_begins_again_at_the_same_place,
)

__all__ = [
    "stack",
    "test_a_killed_stack_takes_its_processes_along_and_the_next_start_goes_on",
    "test_after_the_end_nothing_of_it_runs_and_it_begins_again_at_the_same_place",
]
