"""The screens that pages are looked at on: one or two of them each time, all of them in the soak."""

from __future__ import annotations

from collections.abc import Collection
from itertools import product

import pytest

NARROW, WIDE = (390, "dark"), (1440, "light")


def _screens(always: Collection[tuple[int, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("width", "scheme"),
        [
            pytest.param(width, scheme, marks=() if (width, scheme) in always else pytest.mark.soak)
            for width, scheme in product((390, 1024, 1440), ("light", "dark"))
        ],
    )


every_screen = _screens({NARROW, WIDE})
narrow_first = _screens({NARROW})
