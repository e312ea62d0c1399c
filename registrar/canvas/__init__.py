"""The one door to Canvas: builds the client, turns records into facts and errors into CanvasTrouble."""

from .door import Canvas, open_canvas, trouble_of
from .found import (
    AccountFound,
    Answered,
    CourseFound,
    FeedPage,
    FeedPart,
    FeedRow,
    PeriodFound,
    ProgressFound,
    RowError,
    TermFound,
)

__all__ = [
    "AccountFound",
    "Answered",
    "Canvas",
    "CourseFound",
    "FeedPage",
    "FeedPart",
    "FeedRow",
    "PeriodFound",
    "ProgressFound",
    "RowError",
    "TermFound",
    "open_canvas",
    "trouble_of",
]
