"""The Overview's picture of when line items are due, against the term, its grading periods and the deadline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from registrar.domain.weeks import Bars, Spread, bars
from registrar.models import Reach, Term
from registrar.services import spreading
from registrar.services.tallying import Tally
from registrar.web.grounds import Ground, ground

HEIGHT = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    spread: Spread
    bars: Bars
    ground: Ground
    height: int = HEIGHT

    @property
    def kinds(self) -> set[str]:
        """What is to be explained below the picture."""
        return self.ground.kinds | {part.kind for bar in self.bars.bars for part in bar.parts}


def picture(reach: Reach, term: Term, tally: Tally, now: datetime) -> Picture | None:
    """None where nothing has a due date."""
    zone, calendar = ZoneInfo(settings.TIME_ZONE), spreading.calendar_of(reach, term, now)
    found = spreading.spread(reach, term, tally, calendar, now)
    if found is None:
        return None
    on = ground(found.on, calendar, now=now, zone=zone)
    return Picture(spread=found, bars=bars(found, zone, height=HEIGHT), ground=on)
