"""What is printed: figures as a table, and bounds that were kept or not."""

from __future__ import annotations

from collections.abc import Sequence


class Report:
    def __init__(self, *, quiet: bool = False) -> None:
        self.broken = 0
        self.quiet = quiet

    def say(self, text: str = "") -> None:
        if not self.quiet:
            print(text, flush=True)

    def table(self, title: str, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> None:
        self.say(f"\n{title:<44}" + "".join(f"{column:>12}" for column in columns))
        for name, cells in rows:
            self.say(f"  {name:<42}" + "".join(f"{cell:>12}" for cell in cells))

    def kept(self, value: float, most: float) -> str:
        """For a cell of a table: whether the bound was kept."""
        self.broken += value > most
        return "within" if value <= most else "OVER"

    def bound(self, name: str, value: float, most: float, unit: str = "") -> None:
        kept = value <= most
        self.broken += not kept
        self.say(f"{'PASS' if kept else 'FAIL'}  {name}: {value:,.0f}{unit}, at most {most:,.0f}{unit}")
