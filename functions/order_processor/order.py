"""An order message and its rules."""

from __future__ import annotations

import re
from dataclasses import dataclass

from functions.shared.validation import MAX_AMOUNT_MINOR, UUID, Fields

_FIELDS = frozenset({"order_id", "currency", "items"})
_ITEM_FIELDS = frozenset({"sku", "quantity", "unit_amount_minor"})
_SKU = re.compile(r"[A-Z0-9]{2,12}(-[A-Z0-9]{1,12}){0,3}")
_MAX_ITEMS = 100
_MAX_QUANTITY = 1000


@dataclass(frozen=True)
class Item:
    """An item of an order: `quantity` pieces at `unit_amount_minor` (minor unit of the currency) each."""

    sku: str
    quantity: int
    unit_amount_minor: int


@dataclass(frozen=True)
class Order:
    """An order to reserve; `order_id` (a UUID) is the same in every delivery of the message."""

    order_id: str
    currency: str
    items: tuple[Item, ...]


def read_order(source: object) -> Order:
    """Validate a parsed message.

    Raises:
        InvalidRequestError: A field is not valid; the error has all problems.
    """
    fields = Fields(source, names=_FIELDS)
    order_id = fields.text("order_id", UUID, "a UUID in lower case")
    currency = fields.currency("currency")
    items = tuple(
        _read_item(item, index, fields)
        for index, item in enumerate(fields.array("items", maximum=_MAX_ITEMS))
    )
    fields.finish()
    return Order(order_id, currency, items)


def _read_item(source: object, index: int, order: Fields) -> Item:
    """Read an item; its problems are added to those of the order."""
    fields = Fields(source, names=_ITEM_FIELDS, at=f"items[{index}]")
    item = Item(
        sku=fields.text("sku", _SKU, "a SKU such as TEA-GREEN-100"),
        quantity=fields.integer("quantity", minimum=1, maximum=_MAX_QUANTITY),
        unit_amount_minor=fields.integer("unit_amount_minor", minimum=0, maximum=MAX_AMOUNT_MINOR),
    )
    order.problems.update(fields.problems)
    return item
