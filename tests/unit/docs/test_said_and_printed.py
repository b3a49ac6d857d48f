"""Messages that a document quotes are those that a command prints."""

from __future__ import annotations

import re

from config.paths import ROOT


def test_what_make_says_of_a_local_aws_of_another_folder() -> None:
    """Troubleshooting quotes the line of `make deploy`."""
    source = (ROOT / "ops" / "stacks.py").read_text(encoding="utf-8")
    printed = re.search(r'f"(Using the AWS at )\{env\.endpoint\}([^"]+)"', source)
    assert printed
    text = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    assert f"`{printed[1]}http://127.0.0.1:4566{printed[2]}`" in text
