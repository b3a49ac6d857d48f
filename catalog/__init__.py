"""What is monitored, as pure data: no cdktf, no boto3, no files written."""

from catalog.build import build
from catalog.check import check
from catalog.specs import Catalog

__all__ = ["Catalog", "build", "check"]
