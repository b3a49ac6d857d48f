"""What the tests of functions share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.functions.notifier_wire import Wire, serve
from tests.support.invoking import Invoke, environment, invoker

_environment = pytest.fixture(scope="session")(environment)


@pytest.fixture(scope="session")
def pay(_environment: None) -> Invoke:
    """Invokes the shop's payment_handler."""
    return invoker("tests.shop.functions.payment_handler.handler")


@pytest.fixture(scope="session")
def process(_environment: None) -> Invoke:
    """Invokes the shop's order_processor."""
    return invoker("tests.shop.functions.order_processor.handler")


@pytest.fixture(scope="session")
def server() -> Iterator[Wire]:
    """One server for all tests of the notifier: its clients of AWS keep the address."""
    wire = Wire()
    with serve(wire):
        yield wire
