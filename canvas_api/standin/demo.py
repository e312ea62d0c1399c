from __future__ import annotations

from .small import small_university as demo_university

__all__ = ["demo_university"]
