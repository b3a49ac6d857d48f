"""The quantities in docs/costs.md, and the amount in the README, are those of the catalog."""

from __future__ import annotations

import re

from config.paths import ROOT
from ops.documents.costs import costs, fixed_usd, quantities
from ops.documents.markdown import marks
from tests.support.tables import each
from tests.unit.catalog.catalogs import EVERY

BEGIN, END = marks("quantities of prod")
PAGE = f"# Costs\n\n{BEGIN}old\n{END}\nmore\n"


@each("name", EVERY)
def test_the_quantities_are_those_of_the_catalog(name: str) -> None:
    """Whatever stood there before; the rest of the page stays."""
    catalog = EVERY[name][1]
    page = costs(PAGE, catalog)
    count = quantities(catalog)
    assert f"| Alarms | {len(catalog.alarms)} over {count['metrics']} metrics" in page
    assert f"| Composite alarms | {len(catalog.composites)} |" in page
    assert page.startswith("# Costs\n\n")
    assert page.endswith(f"{END}\nmore\n")
    assert costs(page, catalog) == page
    assert count["metrics"] >= count["alarms"]


def test_a_page_without_the_marks_stays() -> None:
    """A user may have written another one."""
    assert costs("# Costs\n", EVERY["prod"][1]) == "# Costs\n"
    assert BEGIN in (ROOT / "docs" / "costs.md").read_text(encoding="utf-8")


def test_the_readme_states_the_cost_of_the_sample_production_environment() -> None:
    """To five dollars."""
    match = re.search(r"about \$(\d+) a month", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert match
    assert abs(int(match[1]) - fixed_usd(EVERY["prod"][1])) <= 5
