"""`python -m ops <command>`: what `make` runs."""

import sys

from ops.commands import main

sys.exit(main())
