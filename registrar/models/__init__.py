from .audit import Entry
from .choices import CategoryList, Ruling, Timetable
from .exemptions import Exemption
from .history import DailyCount, Turn
from .mailing import Delivery, News, Round, Subscription, Wish
from .marks import Mark
from .people import EVERYTHING, Preference, Reach, Role, Scope, language_of, reach_of, roles_of
from .proposals import Change, Proposal, ProposalCourse, Step
from .readings import Account, Course, Finding, GradingPeriod, LineItem, Reading, Section, Term
from .runs import CLAIM_LASTS, Run, RunItem, Standing
from .saved import SavedView
from .signs import Sign

__all__ = [
    "CLAIM_LASTS",
    "EVERYTHING",
    "Account",
    "CategoryList",
    "Change",
    "Course",
    "DailyCount",
    "Delivery",
    "Entry",
    "Exemption",
    "Finding",
    "GradingPeriod",
    "LineItem",
    "Mark",
    "News",
    "Preference",
    "Proposal",
    "ProposalCourse",
    "Reach",
    "Reading",
    "Role",
    "Round",
    "Ruling",
    "Run",
    "RunItem",
    "SavedView",
    "Scope",
    "Section",
    "Sign",
    "Standing",
    "Step",
    "Subscription",
    "Term",
    "Timetable",
    "Turn",
    "Wish",
    "language_of",
    "reach_of",
    "roles_of",
]
