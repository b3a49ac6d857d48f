"""What `make` runs: setup, packaging, Terraform, the local AWS, generated documents."""

from config.paths import BUILD, ROOT

__all__ = ["BUILD", "ROOT"]
