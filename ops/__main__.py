"""`python -m ops <command>`: what `make` runs."""

import sys

try:
    from ops.commands import leave, main
except ModuleNotFoundError as error:
    sys.exit(f".venv is damaged (no module {error.name}): remove it, and `make setup` makes it anew.")

leave(main())
