"""What `make` runs: setup, packaging, Terraform, the local AWS, generated documents."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
