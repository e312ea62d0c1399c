"""The one place that sends mail: plain text, one message a person, so that nobody reads another's address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string


def send(*, to: Iterable[str], template: str, context: Mapping[str, Any]) -> int:
    """Returns how many were sent. Raises OSError (smtplib's errors are) where the server does not take them.

    The template's first line is the subject. It is plain text, so nothing is escaped.
    """
    subject, _, body = render_to_string(f"mail/{template}.txt", dict(context)).strip().partition("\n")
    messages = [EmailMessage(" ".join(subject.split()), body.strip() + "\n", to=[one]) for one in to if one]
    return get_connection().send_messages(messages) or 0 if messages else 0
