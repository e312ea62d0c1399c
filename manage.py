#!/usr/bin/env python
"""The door from the shell; `python manage.py help` lists what can be asked."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "registrar.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Preflight is not installed here yet. `make demo` or `make test` installs it into .venv.")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
