"""The pin of the collector image has a date and a source, and the vulnerabilities that are known."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

from config import limits
from config.models import Tracing
from config.paths import ROOT

PIN: dict[str, Any] = json.loads((ROOT / "config/collector_image.json").read_text(encoding="utf-8"))
CVE = re.compile(r"CVE-\d{4}-\d{4,}")


def test_the_pin_has_a_version_a_date_and_a_source_of_that_version() -> None:
    """Whoever updates one of them updates all."""
    image, _, version = PIN["image"].rpartition(":")
    assert image.endswith("/aws-otel-collector")
    assert re.fullmatch(r"v\d+\.\d+\.\d+", version)
    assert PIN["source"].startswith("https://github.com/aws-observability/aws-otel-collector/")
    assert f"/{version}." in PIN["source"]
    released, checked = (dt.date.fromisoformat(PIN[key]) for key in ("released", "checked"))
    assert dt.timedelta() <= checked - released <= dt.timedelta(days=180)


def test_the_pin_is_not_a_version_with_a_known_vulnerability() -> None:
    """CVE-2025-68156 is fixed in v0.47.0 (its release notes); what is not documented is unknown."""
    version = tuple(map(int, PIN["image"].rpartition(":v")[2].split(".")))
    assert version >= (0, 47, 0)
    assert "CVE-2025-68156" in PIN["fixed"]
    assert not PIN["fixed"].keys() & PIN["unknown"].keys()
    for cve, words in {**PIN["fixed"], **PIN["unknown"]}.items():
        assert CVE.fullmatch(cve)
        assert len(words) > 10


def test_the_version_is_in_one_place() -> None:
    """The default of the configuration is the pin; no other source names a version of the image."""
    assert limits.COLLECTOR_IMAGE == PIN["image"] == Tracing().collector_image
    files = [
        path
        for folder in ("catalog", "config", "docs", "drill", "local_aws", "ops", "stacks", "verify")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".md", ".yaml", ".json"}
    ]
    naming = {
        path.relative_to(ROOT).as_posix()
        for path in files
        if re.search(r"aws-otel-collector:v\d", path.read_text(encoding="utf-8"))
    }
    assert naming == {"config/collector_image.json", "config/schema.json", "docs/config.md"}
