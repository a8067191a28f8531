"""What a door of the dashboard is given."""

from litestar.di import NamedDependency

from services.dashboard.terms import DashboardTerms
from shared.plumbing.service import Service

Here = NamedDependency[Service[DashboardTerms]]
