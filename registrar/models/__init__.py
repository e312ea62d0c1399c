from .people import EVERYTHING, Reach, Role, Scope, reach_of, roles_of
from .readings import Account, Course, Finding, GradingPeriod, LineItem, Reading, Section, Term
from .runs import CLAIM_LASTS, Run, RunItem, Standing

__all__ = [
    "CLAIM_LASTS",
    "EVERYTHING",
    "Account",
    "Course",
    "Finding",
    "GradingPeriod",
    "LineItem",
    "Reach",
    "Reading",
    "Role",
    "Run",
    "RunItem",
    "Scope",
    "Section",
    "Standing",
    "Term",
    "reach_of",
    "roles_of",
]
