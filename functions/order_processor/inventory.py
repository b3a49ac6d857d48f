"""The inventory, as this service sees it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Protocol

from functions.shared.environment import client_from_environment
from functions.shared.errors import SafeError

if TYPE_CHECKING:
    from functions.order_processor.order import Order


class OutOfStockError(SafeError):
    """The order cannot be served: an expected outcome, and the end of this order."""

    def __init__(self) -> None:
        super().__init__("out of stock")


class Inventory(Protocol):
    """What an adapter for an inventory must do."""

    def reserve(self, order: Order) -> None:
        """Reserve everything or nothing, once per order id however often it is called.

        Raises:
            OutOfStockError: Something is sold out.
            DependencyUnavailableError: No answer; safe to repeat.
        """


class SampleInventory:
    """The sample's stand-in for an inventory: the answer depends on the SKUs alone.

    It keeps no stock and needs no network. `SAMPLE-SOLD-OUT` is never there, anything else is in stock.
    Whoever adopts this service writes an adapter for a real inventory and names it in `INVENTORIES`. It
    always answers: a fault is what a drill asks for (`functions.shared.drills`), where that is allowed.
    """

    SOLD_OUT = "SAMPLE-SOLD-OUT"

    def reserve(self, order: Order) -> None:
        """Answer as the test SKUs say."""
        skus = {item.sku for item in order.items}
        if self.SOLD_OUT in skus:
            raise OutOfStockError


INVENTORIES = {"sample": SampleInventory}


@functools.cache
def inventory() -> Inventory:
    """Return the inventory that the variable `INVENTORY` names, made on first use."""
    return client_from_environment("INVENTORY", INVENTORIES)
