"""What the client says of a failure is said in words that can be translated."""

from __future__ import annotations

import pytest

from canvas_api import errors
from registrar.canvas.saying import LEADS

KINDS = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.CanvasError)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_failure_has_its_words(kind: type[errors.CanvasError]) -> None:
    assert str(LEADS[kind.lead]) == kind.lead
