"""What the tests beside the functions share; they are not part of any zip."""

from __future__ import annotations

import pytest

from tests.support.invoking import environment

platform_environment = pytest.fixture(scope="session")(environment)
