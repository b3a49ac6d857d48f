"""Let every test read the project in tests/shop: `config/`, `drills/` and the samples are the user's."""

from __future__ import annotations

import os
from pathlib import Path

# Before any module reads it, and for the commands that tests start.
os.environ["PROJECT_DIR"] = str(Path(__file__).resolve().parent / "shop")
