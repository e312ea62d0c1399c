from .people import EVERYTHING, Reach, Role, Scope, reach_of, roles_of
from .proposals import Change, Proposal, ProposalCourse, Step
from .readings import Account, Course, Finding, GradingPeriod, LineItem, Reading, Section, Term
from .runs import CLAIM_LASTS, Run, RunItem, Standing

__all__ = [
    "CLAIM_LASTS",
    "EVERYTHING",
    "Account",
    "Change",
    "Course",
    "Finding",
    "GradingPeriod",
    "LineItem",
    "Proposal",
    "ProposalCourse",
    "Reach",
    "Reading",
    "Role",
    "Run",
    "RunItem",
    "Scope",
    "Section",
    "Standing",
    "Step",
    "Term",
    "reach_of",
    "roles_of",
]
