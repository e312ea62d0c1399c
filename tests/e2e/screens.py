"""The screens that pages are looked at on: two of them each time, all of them in the soak."""

from __future__ import annotations

from itertools import product

import pytest

ALWAYS = {(390, "dark"), (1440, "light")}

every_screen = pytest.mark.parametrize(
    ("width", "scheme"),
    [
        pytest.param(width, scheme, marks=() if (width, scheme) in ALWAYS else pytest.mark.soak)
        for width, scheme in product((390, 1024, 1440), ("light", "dark"))
    ],
)
