"""https://canvas.instructure.com/doc/api/feature_flags.html"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from canvas_api.ids import Ref, path
from canvas_api.pagination import rows
from canvas_api.records import FeatureFlagRecord, decoder
from canvas_api.transport import Transport

_FLAG = decoder(FeatureFlagRecord)
_NAMES = decoder(list[str])

Context: TypeAlias = Literal["accounts", "courses"]


@dataclass(frozen=True, slots=True)
class Features:
    transport: Transport

    def enabled(self, context: Context, ref: Ref) -> frozenset[str]:
        return frozenset(rows(self.transport, path(f"/api/v1/{context}/{{}}/features/enabled", ref), _NAMES))

    def flag(self, context: Context, ref: Ref, feature: str) -> FeatureFlagRecord:
        """NotFound where Canvas does not know the feature, or hides it."""
        target = path(f"/api/v1/{context}/{{}}/features/flags/{{}}", ref, feature)
        return self.transport.get(target, _FLAG).value
