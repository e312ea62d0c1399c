from __future__ import annotations

from datetime import datetime
from typing import Any

from canvas_api.standin import SMALL_NOW, Standin, University
from canvas_api.standin.tokens import ADMIN_RIGHTS

from .conftest import Api


def test_it_shows_the_root_under_its_words(api: Api) -> None:
    for word in ("self", "default", "1"):
        shown = api.json(f"/api/v1/accounts/{word}")
        assert (shown["id"], shown["parent_account_id"], shown["root_account_id"]) == (1, None, None)
    assert "sis_account_id" not in shown


def test_it_shows_sis_ids_of_sub_accounts_by_right(api: Api, as_token: Any) -> None:
    path = "/api/v1/accounts/sis_account_id:ARTS"
    assert api.json(path)["sis_account_id"] == "ARTS"
    assert "sis_account_id" not in as_token("no_sis").json(path)


def test_it_lists_only_accounts_that_the_caller_administers(api: Api, as_token: Any) -> None:
    assert api.ids("/api/v1/accounts") == [1]
    assert as_token("teacher").ids("/api/v1/accounts") == []
    assert as_token("teacher").get("/api/v1/accounts/1").status_code == 403


def test_it_pages_accounts_by_bookmark(university: University, api: Api) -> None:
    university.tokens["admin"].account_ids = (1, 2, 3)
    first = api.get("/api/v1/accounts?per_page=2")
    assert [row["id"] for row in first.json()] == [1, 2]
    assert set(first.links) == {"current", "next", "first"}
    assert "page=first" in first.links["current"]["url"]
    second = api.get(first.links["next"]["url"])
    assert [row["id"] for row in second.json()] == [3]
    assert set(second.links) == {"current", "first", "last"}


def test_it_refuses_a_bad_bookmark(api: Api) -> None:
    answer = api.get("/api/v1/accounts?page=bookmark:!!")
    assert answer.status_code == 400
    assert answer.json()["status"] == "bad_request"


def test_it_lists_sub_accounts(university: University, api: Api, as_token: Any) -> None:
    university.add_account(name="Aardvark studies", parent_account_id=2)
    path = "/api/v1/accounts/1/sub_accounts"
    direct, recursive = api.get(path), api.get(path + "?recursive=true")
    assert [row["id"] for row in direct.json()] == [2, 3]
    assert [row["id"] for row in recursive.json()] == [2, 3, 4]
    assert "last" in direct.links
    assert api.ids(path + "?recursive=1&order=name") == [4, 2, 3]
    assert as_token("no_settings").get(path).status_code == 403


def test_it_knows_no_total_of_recursive_sub_accounts(api: Api) -> None:
    path = "/api/v1/accounts/1/sub_accounts?recursive=true&per_page=2"
    full = api.get(path)
    assert "last" not in full.links
    assert "next" in full.links, "an exactly full page still names a next one"
    empty = api.get(full.links["next"]["url"])
    assert empty.json() == []
    assert "next" not in empty.links


def test_it_tells_no_sis_setting(api: Api, as_token: Any) -> None:
    assert not any("sis" in key for key in api.json("/api/v1/accounts/1/settings"))
    assert as_token("teacher").get("/api/v1/accounts/1/settings").status_code == 403


def test_it_lists_terms_newest_first_and_undated_before(api: Api) -> None:
    terms = api.json("/api/v1/accounts/1/terms")["enrollment_terms"]
    assert [term["id"] for term in terms] == [1, 3, 2]
    assert terms[1]["sis_term_id"] == "2027SP"


def test_it_filters_terms(university: University, api: Api, as_token: Any) -> None:
    university.terms[3].workflow_state = "deleted"

    def ids(query: str) -> list[int]:
        return [term["id"] for term in api.json(f"/api/v1/accounts/1/terms?{query}")["enrollment_terms"]]

    assert ids("") == [1, 2]
    assert ids("workflow_state[]=deleted") == [3]
    assert ids("workflow_state[]=all") == [1, 3, 2]
    assert ids("term_name=fall") == [2]
    shown = api.json("/api/v1/accounts/1/terms?include[]=overrides&include[]=course_count")["enrollment_terms"]
    assert (shown[1]["course_count"], shown[1]["overrides"]) == (5, {})
    hidden = as_token("no_sis").json("/api/v1/accounts/1/terms")["enrollment_terms"]
    assert "sis_term_id" not in hidden[0]


def test_it_has_terms_at_the_root_only(api: Api) -> None:
    answer = api.get("/api/v1/accounts/2/terms")
    assert (answer.status_code, answer.json()) == (400, {"message": "Terms only belong to root_accounts."})


def test_it_finds_one_term(api: Api) -> None:
    for text, number in (("2", 2), ("sis_term_id:2026FA", 2), ("default", 1), ("current", 2)):
        assert api.json(f"/api/v1/accounts/1/terms/{text}")["id"] == number
    assert api.get("/api/v1/accounts/1/terms/sis_course_id:2026FA").status_code == 404


def test_it_knows_no_current_term_among_several(university: University, api: Api) -> None:
    university.terms[3].start_at = None
    assert api.get("/api/v1/accounts/1/terms/current").status_code == 404
    university.terms[3].start_at = SMALL_NOW
    university.terms[2].end_at = datetime.fromisoformat("2026-10-01T00:00:00+00:00")
    assert api.json("/api/v1/accounts/1/terms/current")["id"] == 3


def test_it_tells_features(university: University, api: Api, as_token: Any) -> None:
    assert api.json("/api/v1/accounts/1/features/enabled") == ["new_sis_integrations", "post_grades"]
    assert "post_grades" in api.json("/api/v1/courses/1/features/enabled")
    assert api.json("/api/v1/accounts/2/features/flags/post_grades")["state"] == "on"
    assert api.json("/api/v1/courses/1/features/flags/new_gradebook")["state"] == "off"
    university.root.features = frozenset()
    assert api.get("/api/v1/courses/1/features/flags/post_grades").status_code == 404
    assert as_token("teacher").get("/api/v1/accounts/1/features/enabled").status_code == 403


def test_it_tells_users(api: Api, as_token: Any) -> None:
    assert api.json("/api/v1/users/self")["id"] == 1
    assert api.json("/api/v1/users/sis_login_id:AOKAFOR")["sis_user_id"] == "T002"
    assert api.get("/api/v1/users/sis_user_id:none").status_code == 404
    teacher = as_token("teacher")
    assert teacher.json("/api/v1/users/self")["id"] == 2
    assert teacher.get("/api/v1/users/3").status_code == 404


def test_it_inherits_settings_and_a_locked_ancestor_wins(university: University) -> None:
    assert university.setting(2, "sis_syncing") is None
    university.root.settings = {"sis_syncing": {"value": True, "locked": False}}
    assert university.setting(2, "sis_syncing") is True
    university.accounts[2].settings = {"sis_syncing": {"value": False, "locked": False}}
    assert university.setting(2, "sis_syncing") is False
    university.root.settings = {"sis_syncing": {"value": True, "locked": True}}
    assert university.setting(2, "sis_syncing") is True


def test_it_takes_an_admin_of_a_sub_account_at_its_word(
    university: University, canvas: Standin, as_token: Any
) -> None:
    university.add_token("arts", rights=ADMIN_RIGHTS, account_ids=(2,))
    arts = as_token("arts")
    assert arts.ids("/api/v1/accounts/2/courses") == [1, 2]
    assert arts.get("/api/v1/accounts/1/courses").status_code == 403
    assert arts.get("/api/v1/courses/3").status_code == 403
