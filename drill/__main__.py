"""`python -m drill` is `reveille drill`."""

import sys
from importlib import import_module

# By name: `ops`, where the command line is, imports this package.
sys.exit(import_module("ops.cli").main(["drill", *sys.argv[1:]]))
