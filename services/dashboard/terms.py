"""The dashboard's configuration: it decides nothing, so it has no numbers of its own."""

from shared.rules.township import Terms


class DashboardTerms(Terms):
    """Only the date from which on it holds."""
