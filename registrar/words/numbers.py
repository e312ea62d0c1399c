"""Numbers as the language of the reader groups them."""

from __future__ import annotations

from django.utils.formats import number_format


def grouped(value: int) -> str:
    """ "1,234"."""
    return number_format(value, use_l10n=True, force_grouping=True)
