"""The screens that pages are looked at on: one of them each time, all of them in the soak."""

from __future__ import annotations

from itertools import product

import pytest

NARROW, WIDE = (390, "dark"), (1440, "light")
SCREENS = list(product((390, 1024, 1440), ("light", "dark")))


narrow_first = pytest.mark.parametrize(
    ("width", "scheme"),
    [pytest.param(*screen, marks=() if screen == NARROW else pytest.mark.soak) for screen in SCREENS],
)
