"""Every address × role × method is answered as it should be, and none is left open by mistake."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import reverse

from registrar.models import Role, Run
from registrar.web.access import MARK
from tests.pages import build
from tests.pages.conftest import University
from tests.pages.site import ALL, NAMES, keys_of

PUBLIC = {"sessions:sign_in", "sessions:sign_out", "sessions:set_password", "health:live", "health:ready"}
PUBLIC |= {"sessions:language", "tour:index", "tour:step"}
REVIEWERS_ONLY = {"courses:refresh", "line_items:pick", "runs:start", "runs:cancel", "runs:again"}
FORMS = {"proposals:dates", "proposals:sync", "proposals:sync_on", "proposals:file"}
"""For reviewers, to open and to send."""
PROPOSERS = {Role.REVIEWER, Role.APPROVER}
STEPS = {
    "proposals:submit": PROPOSERS,
    "proposals:edit": PROPOSERS,
    "proposals:remove": PROPOSERS,
    "proposals:withdraw": PROPOSERS,
    "proposals:restore": PROPOSERS,
    "proposals:again": {Role.REVIEWER},
    "proposals:release": {Role.ADMINISTRATOR},
    "proposals:allow_closed": {Role.ADMINISTRATOR},
    "proposals:approve": {Role.APPROVER},
    "proposals:reject": {Role.APPROVER},
    "proposals:send_back": {Role.APPROVER},
    "proposals:apply": {Role.APPROVER},
    "deliveries:again": {Role.ADMINISTRATOR},
    "deliveries:arrived": {Role.ADMINISTRATOR},
    "deliveries:bounced": {Role.ADMINISTRATOR},
    "exemptions:revoke": {Role.REVIEWER},
    "reports:test": {Role.VIEWER},
    "reports:pause": {Role.VIEWER},
    "reports:resume": {Role.VIEWER},
    "reports:remove": {Role.VIEWER},
    "terms:watch": {Role.ADMINISTRATOR},
    "terms:remove": {Role.ADMINISTRATOR},
}
"""What comes of them is told in `test_proposals_steps` and `test_terms`."""
DATES = {"terms:add", "terms:change"}
"""For administrators, to open and to send."""
FORMS |= {"exemptions:accept"}
ROLES = {name: {Role.REVIEWER} for name in REVIEWERS_ONLY | FORMS} | STEPS
ROLES |= {"exemptions:accept_rule": {Role.ADMINISTRATOR}}
ROLES |= {name: {Role.ADMINISTRATOR} for name in DATES}
POST_ONLY = REVIEWERS_ONLY | STEPS.keys() | {"help:switch", "looks:choose", "saved:change", "sessions:sign_out"}
POST_ONLY |= {"sessions:language", "tour:step"}
BOTH = {"saved:save", "sessions:sign_in", "sessions:password", "sessions:set_password"} | FORMS | DATES
BOTH |= {"wishes:index", "exemptions:accept_rule"}
READ_BY_ADMINISTRATORS = {
    f"administration:{name}" for name in ("index", "accounts", "account", "people", "log", "setup")
}
SET_BY_ADMINISTRATORS = {
    f"administration:{name}" for name in ("measure", "categories", "timetable", "invite", "person")
}
DECISIONS = {
    f"administration:{name}" for name in ("rulepack", "threshold", "active", "link", "setup_test", "setup_hide")
}
"""What comes of them is told in `test_administration` and `test_people`."""
ROLES |= {name: {Role.ADMINISTRATOR} for name in READ_BY_ADMINISTRATORS | SET_BY_ADMINISTRATORS | DECISIONS}
POST_ONLY |= DECISIONS
BOTH |= SET_BY_ADMINISTRATORS
OWN = {"deliveries:delivery", "deliveries:as_sent"}
"""Of others only administrators see these."""
OWNERS = {"saved:edit"}
"""Of others nobody sees these."""
BOTH |= OWNERS
REPORTS = {"reports:report", "reports:mail", "reports:change"}
"""Of others only reviewers see these."""
PUBLIC |= {"reports:unsubscribe"}
BOTH |= {"reports:make", "reports:change", "reports:unsubscribe"}
HELD = {
    "viewer": {Role.VIEWER},
    "reviewer": {Role.VIEWER, Role.REVIEWER},
    "approver": {Role.VIEWER, Role.APPROVER},
    "administrator": {Role.VIEWER, Role.REVIEWER, Role.ADMINISTRATOR},
    "nobody": set[Role](),
}


@pytest.mark.parametrize("name", NAMES)
def test_it_has_an_access_policy(name: str) -> None:
    roles = getattr(ALL[name].callback, MARK, None)
    assert roles is not None, f"{name} says nothing about who may open it"
    assert (roles == frozenset()) == (name in PUBLIC)
    assert name in PUBLIC or roles == ROLES.get(name, {Role.VIEWER})


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PUBLIC])
def test_it_asks_strangers_to_sign_in(name: str, addresses: dict[str, str]) -> None:
    """At once, and when htmx asks for a login that was lost."""
    method = Client().post if name in POST_ONLY else Client().get
    response = method(addresses[name])
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('sessions:sign_in')}?next={addresses[name]}"
    here = "http://testserver" + addresses["courses:course"]
    response = method(addresses[name], headers={"HX-Request": "true", "HX-Current-URL": here})
    assert response.status_code == 200
    assert response["HX-Redirect"] == f"{reverse('sessions:sign_in')}?next={addresses['courses:course']}"


@pytest.mark.parametrize("name", NAMES)
def test_it_refuses_other_methods(name: str, addresses: dict[str, str], reviewer: Client) -> None:
    allowed = {"post"} if name in POST_ONLY else {"get", "head"} | ({"post"} if name in BOTH else set())
    for method in {"get", "head", "post", "put", "patch", "delete"} - allowed:
        response = getattr(reviewer, method)(addresses[name])
        assert response.status_code == 405, method
        assert set(response["Allow"].lower().split(", ")) == allowed
        assert method == "head" or b"Not this way" in response.content


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PUBLIC])
@pytest.mark.usefixtures("sent")
def test_it_opens_to_the_right_roles(name: str, addresses: dict[str, str], as_: Callable[[str], Client]) -> None:
    for who in HELD:
        with transaction.atomic():
            _opens_to_the_right(who, name, addresses[name], as_(who))
            transaction.set_rollback(True)


def _opens_to_the_right(who: str, name: str, address: str, browser: Client) -> None:
    response = browser.post(address, {"mode": "quick"}) if name in POST_ONLY else browser.get(address)
    if who == "nobody":
        assert response.status_code == 403
        assert b"has no role here yet" in response.content
    elif not HELD[who] & ROLES.get(name, {Role.VIEWER}):
        assert response.status_code == 403
        assert b"This is for " in response.content
    elif name in OWNERS:
        assert response.status_code == 404
    elif name in OWN:
        assert response.status_code == (200 if who == "administrator" else 404)
    elif name in REPORTS:
        assert response.status_code == (200 if Role.REVIEWER in HELD[who] else 404)
    elif name in STEPS or name in DECISIONS:
        assert b"This is for " not in response.content
    else:
        assert response.status_code == (302 if name in POST_ONLY else 200)


OF_ONE_ROW = [name for name in NAMES if any(key.endswith("_id") for key in keys_of(ALL[name]))]


@pytest.mark.parametrize("name", OF_ONE_ROW)
@pytest.mark.usefixtures("sent")
def test_it_is_not_found_when_absent(name: str, as_: Callable[[str], Client]) -> None:
    browser = as_("all_round")
    for absent in (999_999, 2**63, 10**30):
        values = dict.fromkeys(keys_of(ALL[name]), absent) | (
            {"field": "due_at"} if "field" in keys_of(ALL[name]) else {}
        )
        address = reverse(name, kwargs=values)
        response = browser.post(address) if name in POST_ONLY else browser.get(address)
        assert response.status_code == 404
        assert b"Not found" in response.content


@pytest.mark.parametrize("name", OF_ONE_ROW)
@pytest.mark.usefixtures("sent")
def test_it_is_not_found_when_out_of_reach(
    name: str, as_: Callable[[str], Client], university: University
) -> None:
    item = build.first_item(university.needing)
    run = build.run(university.needing, state=Run.State.FAILED)
    known = {
        "course_id": university.needing.pk,
        "section_id": item.section_id,
        "assignment_id": item.assignment_id,
        "run_id": run.pk,
        "proposal_id": build.proposal(university.needing).pk,
        "delivery_id": build.delivery(account_paths=[university.arts.path]).pk,
        "exemption_id": build.exemption(university.needing).pk,
        "subscription_id": build.subscription(university.arts).pk,
        "view_id": build.saved_view().pk,
        "rule": "due_missing",
        "term_id": build.term("Not theirs").pk,
        "mark_id": build.mark(university.term, account=university.arts).pk,
        "account_id": university.arts.pk,
        "person_id": build.person("somebody", Role.VIEWER).pk,
        "kind": "limit",
        "name": "name_length",
        "field": "due_at",
    }
    address = reverse(name, kwargs={key: known[key] for key in keys_of(ALL[name])})
    browser = as_("science_all_round")
    response = browser.post(address) if name in POST_ONLY else browser.get(address)
    assert response.status_code == 404
    assert b"outside the part that you may see" in response.content or name in OWNERS


def test_it_lets_a_superuser_in(university: University) -> None:
    browser = Client()
    browser.force_login(User.objects.create_superuser("root"))
    assert browser.get(reverse("overview:index")).status_code == 200
