from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from registrar.domain.findings import RULES, Code, Severity
from registrar.domain.rulepacks import (
    LIMIT_NAMES,
    Limit,
    Limits,
    Overrides,
    RulepackError,
    Rules,
    check_value,
    combine,
    read_packs,
)
from tests.domain.build import PACKS, graded, pack, said

GOOD = """
name = "Own"
[limits.name_length]
value = 40
source = "N6"
checked = 2026-11-22
note = "as told by phone"
[severities.needs_grading]
value = "blocking"
source = "ours"
checked = 2026-11-21
"""


def limit(value: Any, source: str = "N1", of: str = "canvas") -> Limit[Any]:
    return Limit(value=value, source=source, checked=date(2026, 11, 22), pack=of)


def of_two(name: str, canvas: Any, chosen: Any) -> Any:
    one = pack(limits=Limits(**{name: canvas}))
    other = pack("banner", limits=Limits(**{name: chosen}))
    return getattr(combine(one, other).limits, name)


def test_it_ships_the_five_packs_each_value_with_source_and_date() -> None:
    assert set(PACKS) == {"canvas", "powerschool", "infinite_campus", "skyward", "banner"}
    for each in PACKS.values():
        limits = [found for name in LIMIT_NAMES if (found := getattr(each.limits, name))]
        for found in [*limits, *each.severities.values()]:
            assert found.source
            assert found.checked >= date(2026, 11, 22)
            assert found.pack == each.code


def test_it_says_where_official_pages_disagree() -> None:
    found = PACKS["infinite_campus"].limits.name_length
    assert found
    assert found.value == 30
    assert "50" in found.note


def test_every_note_it_ships_is_in_spanish_too() -> None:
    for each in PACKS.values():
        limits = [found for name in LIMIT_NAMES if (found := getattr(each.limits, name))]
        for found in [*limits, *each.severities.values()]:
            assert set(found.notes) == ({"es"} if found.note else set())


def test_it_requires_a_due_date_and_thirty_characters_with_canvas_alone() -> None:
    limits = combine(PACKS["canvas"], None).limits
    assert limits.due_date_required
    assert limits.due_date_required.value is True
    assert limits.name_length
    assert limits.name_length.value == 30
    assert limits.points_required is None


def test_it_reads_a_pack(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(GOOD)
    (tmp_path / "notes.txt").write_text("not a pack")
    own = read_packs(tmp_path)["own"]
    assert (own.code, own.name) == ("own", "Own")
    assert own.limits.name_length == Limit(
        value=40, source="N6", checked=date(2026, 11, 22), note="as told by phone", pack="own"
    )
    assert own.severities == {
        Code.NEEDS_GRADING: Limit(value=Severity.BLOCKING, source="ours", checked=date(2026, 11, 21), pack="own")
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "Own"', "", "name: must be a text"),
        ('name = "Own"', 'name = "Own"\ncolour = 1', "colour: unknown key"),
        ('name = "Own"', 'name = "Own"\nlimits = 1', "Cannot"),
        ("name_length", "length", "limits.length.value: there is no limit of this name; there are name_length,"),
        ("value = 40", "value = '40'", "limits.name_length.value: must be a whole number of 1 or more"),
        ("value = 40", "value = true", "limits.name_length.value: must be a whole number of 1 or more"),
        ("value = 40", "value = 0", "limits.name_length.value: must be a whole number of 1 or more"),
        ("value = 40", "", "limits.name_length.value: must be a whole number of 1 or more"),
        ("value = 40", "value = 40\nvalues = 1", "limits.name_length.values: unknown key"),
        ('source = "N6"', "", "limits.name_length.source: must be a text"),
        ("checked = 2026-11-22", "checked = 'today'", "limits.name_length.checked: must be a date"),
        ("checked = 2026-11-22", "checked = 2026-11-22T10:00:00Z", "limits.name_length.checked: must be a date"),
        ('note = "as told by phone"', "note = 5", "limits.name_length.note: must be a text"),
        ('note = "as', 'note_es = "as', "limits.name_length.note: must be a text"),
        ('note = "as', 'note_es = ""\nnote = "as', "limits.name_length.note_es: must be a text"),
        ('note = "as', 'note_ES = "de"\nnote = "as', "limits.name_length.note_ES: unknown key"),
        ("needs_grading", "needs_coffee", "severities.needs_coffee: there is no rule of this code"),
        ('"blocking"', '"fatal"', "severities.needs_grading.value: must be one of blocking, warning"),
        ("[limits.name_length]", "[limits.name_length", "Expected"),
    ],
)
def test_it_names_the_file_and_the_key_of_a_bad_pack(tmp_path: Path, old: str, new: str, said: str) -> None:
    (tmp_path / "own.toml").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(RulepackError) as raised:
        read_packs(tmp_path)
    assert str(raised.value).startswith("own.toml: ")
    assert said in str(raised.value)


def test_it_says_a_note_in_the_language_asked_for_or_as_it_is(tmp_path: Path) -> None:
    more = 'note_es = "por teléfono"\nnote_pt_br = "por telefone"\nnote = "as'
    (tmp_path / "own.toml").write_text(GOOD.replace('note = "as', more, 1), encoding="utf-8")
    found = read_packs(tmp_path)["own"].limits.name_length
    assert found
    said = {language: found.note_in(language) for language in ("es", "es-mx", "pt-br", "pt", "en-us", "")}
    assert said == {
        "es": "por teléfono",
        "es-mx": "por teléfono",
        "pt-br": "por telefone",
        "pt": "as told by phone",
        "en-us": "as told by phone",
        "": "as told by phone",
    }


@pytest.mark.parametrize("text", ["limits = 5", "[limits]\nname_length = 30"])
def test_it_wants_tables(tmp_path: Path, text: str) -> None:
    (tmp_path / "own.toml").write_text(f'name = "Own"\n{text}')
    with pytest.raises(RulepackError, match=r"own.toml: limits.*: must be a table"):
        read_packs(tmp_path)


def test_it_names_a_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RulepackError, match=r"^own\.toml: "):
        read_packs(tmp_path)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("name_length", 1, -1),
        ("name_characters", "#%", ""),
        ("name_characters", "#", 5),
        ("points_maximum", 100, -0.5),
        ("points_maximum", 99.5, float("nan")),
        ("points_maximum", 0, True),
        ("points_required", False, 0),
        ("due_date_required", True, "yes"),
    ],
)
def test_it_checks_what_an_administrator_enters(name: str, good: Any, bad: Any) -> None:
    assert check_value(name, good) == good
    with pytest.raises(ValueError, match="must be"):
        check_value(name, bad)


def test_it_takes_the_smaller_limit_with_its_source() -> None:
    assert of_two("name_length", limit(30), limit(50, "N4", "banner")) == limit(30)
    assert of_two("name_length", limit(50), limit(30, "N4", "banner")) == limit(30, "N4", "banner")
    assert of_two("points_maximum", limit(100.0), None) == limit(100.0)


def test_it_names_the_chosen_pack_where_both_say_the_same() -> None:
    assert of_two("name_length", limit(30), limit(30, "N3", "banner")).pack == "banner"
    assert of_two("due_date_required", limit(True), limit(True, "D3", "banner")).pack == "banner"


def test_it_requires_what_either_pack_requires() -> None:
    assert of_two("points_required", limit(True), limit(False, "P1", "banner")) == limit(True)
    assert of_two("points_required", limit(False), limit(True, "P1", "banner")).value is True
    assert of_two("points_required", None, None) is None


def test_it_forbids_the_characters_of_both_packs() -> None:
    found = of_two("name_characters", limit("#%"), limit("%&", "N9", "banner"))
    assert (set(found.value), found.source) == ({"#", "%", "&"}, "N9; N1")


def test_it_puts_the_administrator_before_the_packs() -> None:
    own = Overrides(limits={"name_length": said(80), "due_date_required": None})
    limits = combine(PACKS["canvas"], PACKS["powerschool"], own).limits
    assert limits.name_length == said(80)
    assert limits.due_date_required is None
    assert limits.one_date_per_section


def test_it_puts_the_chosen_pack_s_severity_before_canvas_s() -> None:
    canvas = pack(severities={Code.MASTERY_PATH: limit(Severity.WARNING)})
    chosen = pack("banner", severities={Code.MASTERY_PATH: limit(Severity.BLOCKING, of="banner")})
    found = combine(canvas, chosen).severities[Code.MASTERY_PATH]
    assert found
    assert (found.value, found.pack) == (Severity.BLOCKING, "banner")
    own = Overrides(severities={Code.MASTERY_PATH: said(Severity.WARNING)})
    assert combine(canvas, chosen, own).severity(Code.MASTERY_PATH) is Severity.WARNING


def test_it_switches_a_rule_off() -> None:
    assert graded(Code.NEEDS_GRADING, None).severity(Code.NEEDS_GRADING) is None


def test_it_falls_back_on_the_rule_s_own_severity() -> None:
    assert {code: Rules().severity(code) for code in Code} == {code: rule.severity for code, rule in RULES.items()}
