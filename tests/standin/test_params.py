from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from canvas_api.standin.params import many, nest, pairs_of, parsed_time, time_or_none, truth, whole
from canvas_api.standin.wire import encode, stamp, with_string_ids


@pytest.mark.parametrize(
    ("text", "nested"),
    [
        ("a=1&b=", {"a": "1", "b": ""}),
        ("a[]=1&a[]=2", {"a": ["1", "2"]}),
        ("a[b]=1&a[c][d]=2", {"a": {"b": "1", "c": {"d": "2"}}}),
        ("a[][x]=1&a[][y]=2&a[][x]=3", {"a": [{"x": "1", "y": "2"}, {"x": "3"}]}),
        ("a[][x][]=1&a[][x][]=2", {"a": [{"x": ["1", "2"]}]}),
        ("a=1&a[]=2", {"a": ["2"]}),
        ("a=1&a[b]=2", {"a": {"b": "2"}}),
        ("a%5B%5D=%C3%A9", {"a": ["é"]}),
    ],
)
def test_it_nests_as_rails_does(text: str, nested: dict[str, Any]) -> None:
    assert nest(pairs_of(text)) == nested


@pytest.mark.parametrize("value", [True, "true", "1", "on", "Yes"])
def test_it_takes_words_for_yes(value: object) -> None:
    assert truth(value) is True


@pytest.mark.parametrize("value", [False, "false", "0", "", None, "anything"])
def test_it_takes_the_rest_for_no(value: object) -> None:
    assert truth(value) is False


def test_it_makes_lists() -> None:
    assert [many(None), many("a"), many(["a"]), many({"0": "a"})] == [[], ["a"], ["a"], ["a"]]


def test_it_reads_numbers_from_the_start_of_a_text() -> None:
    assert [whole("12 apples"), whole(7), whole("x"), whole(True), whole(None)] == [12, 7, None, None, None]


def test_it_reads_times_in_a_zone() -> None:
    denver = ZoneInfo("America/Denver")
    assert parsed_time("2026-12-02 00:00", denver) == datetime(2026, 12, 2, 7, tzinfo=UTC)
    assert parsed_time("2026-12-02T00:00:00.75Z", denver) == datetime(2026, 12, 2, tzinfo=UTC)
    assert parsed_time("", denver) is None
    assert time_or_none("soon") is None


def test_it_writes_times_as_canvas_does() -> None:
    assert stamp(datetime(2026, 12, 2, 7, 0, 1, 999, tzinfo=ZoneInfo("America/Denver"))) == "2026-12-02T14:00:01Z"


def test_it_writes_only_ids_as_strings() -> None:
    data = {"id": 1, "user_ids": [2, None], "valid": 3, "nested": [{"x_id": 4, "flag_id": True}], "ids": {"id": 5}}
    assert with_string_ids(data) == {
        "id": "1",
        "user_ids": ["2", None],
        "valid": 3,
        "nested": [{"x_id": "4", "flag_id": True}],
        "ids": {"id": "5"},
    }


def test_it_writes_any_text() -> None:
    assert encode({"name": "a\x00\u2028é"}) == '{"name":"a\\u0000\u2028é"}'.encode()
