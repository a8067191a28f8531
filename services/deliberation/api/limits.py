"""How often one address may come to the doors that are open to everybody, in a minute, in each process."""

from shared.plumbing.rate_limit import per_address

APPLICATIONS_PER_MINUTE = 10
CODES_PER_MINUTE = 30
OFTEN_APPLYING = per_address("apply", lambda _: APPLICATIONS_PER_MINUTE)
"""Applications, by form and by JSON, and looks at their answers by code."""
OFTEN_CHECKING_IN = per_address("check-in", lambda _: CODES_PER_MINUTE)
"""Tries of a party's one-time code."""
