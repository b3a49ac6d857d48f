"""The interface to the inventory, and a sample implementation."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Protocol

from functions.shared.environment import client_from_environment
from functions.shared.errors import SafeError

if TYPE_CHECKING:
    from functions.order_processor.order import Order


class OutOfStockError(SafeError):
    """The order cannot be fulfilled: an expected outcome, which is final."""

    def __init__(self) -> None:
        super().__init__("out of stock")


class Inventory(Protocol):
    """The interface of an adapter for an inventory."""

    def reserve(self, order: Order) -> None:
        """Reserve all items or none; idempotent by order id.

        Raises:
            OutOfStockError: An item is sold out.
            DependencyUnavailableError: The inventory did not answer; a retry is safe.
        """


class SampleInventory:
    """A sample inventory: the result depends on the SKUs only.

    It has no stock and needs no network. `SAMPLE-SOLD-OUT` is sold out, any other SKU is in stock. To use a
    real inventory, write an adapter and add it to `INVENTORIES`. The sample never fails: drills cause faults
    (`functions.shared.drills`), where they are allowed.
    """

    SOLD_OUT = "SAMPLE-SOLD-OUT"

    def reserve(self, order: Order) -> None:
        """Raise `OutOfStockError` if the order has the SKU `SOLD_OUT`."""
        skus = {item.sku for item in order.items}
        if self.SOLD_OUT in skus:
            raise OutOfStockError


INVENTORIES = {"sample": SampleInventory}


@functools.cache
def inventory() -> Inventory:
    """Return the inventory that the variable `INVENTORY` selects, created on first use."""
    return client_from_environment("INVENTORY", INVENTORIES)
