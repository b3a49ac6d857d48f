"""What `make` runs: setup, packaging, Terraform, the local AWS, generated documents."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("BUILD_DIR") or ROOT / "build").resolve()
"""Where everything that can be made again goes; the end-to-end tests have one of their own."""
