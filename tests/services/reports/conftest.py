"""A university of two colleges, and a registrar who sets up reports about it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from registrar.models import Role
from tests.pages.conftest import University, university
from tests.services.reports.house import person

__all__ = ["university"]


@pytest.fixture
def registrar(university: University) -> User:
    return person("registrar", Role.ADMINISTRATOR)
