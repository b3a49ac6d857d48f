"""What is generated from models and catalog: JSON schema, references, alarms, coverage, costs."""

from __future__ import annotations

from pathlib import Path

from catalog import environment
from config.loader import environments
from config.paths import PROJECT, ROOT
from ops.documents.alarms import alarms, coverage
from ops.documents.assumptions import assumptions
from ops.documents.costs import costs
from ops.documents.logs import logs
from ops.documents.reference import reference
from ops.documents.scenarios import scenario_reference, scenario_schema
from ops.documents.schema import schema


def generate() -> dict[Path, str]:
    """Return every generated document: path -> text.

    Raises:
        ConfigError: an environment's configuration is wrong.
    """
    documents = {
        ROOT / "config" / "schema.json": schema(),
        ROOT / "docs" / "config.md": reference(),
        ROOT / "drills" / "schema.json": scenario_schema(),
        ROOT / "docs" / "scenarios.md": scenario_reference(),
        ROOT / "docs" / "assumptions.md": assumptions(),
        ROOT / "docs" / "logs.md": logs((ROOT / "docs" / "logs.md").read_text(encoding="utf-8")),
    }
    # Environment variables of the user are not documented.
    catalogs = [environment.read(name, variables={}) for name in environments()]
    for env, catalog in catalogs:
        documents[PROJECT / "docs" / "alarms" / f"{env.environment}.md"] = alarms(env, catalog)
    documents[PROJECT / "docs" / "alarms" / "coverage.md"] = coverage(catalogs)
    page = PROJECT / "docs" / "costs.md"
    for env, catalog in catalogs:
        if env.environment == "prod" and page.exists():
            documents[page] = costs(page.read_text(encoding="utf-8"), catalog)
    return documents


def stale(documents: dict[Path, str]) -> list[Path]:
    """Return the documents that differ from what is on disk."""
    return [
        path
        for path, text in documents.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def write(documents: dict[Path, str]) -> None:
    """Write the documents."""
    for path, text in documents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
