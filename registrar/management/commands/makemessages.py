"""``manage.py makemessages``: Django's own, which also knows the short names of the lazy ones."""

from __future__ import annotations

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=_lazy", "--keyword=_plazy:1c,2"]
