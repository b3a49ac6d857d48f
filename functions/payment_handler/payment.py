"""A payment request and its rules."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from functions.shared.validation import MAX_AMOUNT_MINOR, Fields

FIELDS = frozenset({"amount_minor", "currency", "payment_token", "idempotency_key"})
"""The fields of a request."""

_TOKEN = re.compile(r"tok_[a-z0-9_]{2,60}")
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
_PAYMENT_IDS = uuid.UUID("5f0e1cb8-6f1e-4c55-9d0f-3b6f4f4b8a51")


@dataclass(frozen=True)
class Payment:
    """A payment to charge at most once.

    Attributes:
        amount_minor: Amount in the currency's minor unit (1999 is 19.99 EUR).
        currency: ISO 4217 code.
        payment_token: The provider's token for a card. This service never receives card numbers: the shop's
            page sends them to the provider, which keeps the service out of the scope of PCI DSS.
        idempotency_key: Chosen by the caller, the same for every attempt at the same payment.
    """

    amount_minor: int
    currency: str
    payment_token: str
    idempotency_key: str

    @property
    def payment_id(self) -> str:
        """The identifier in logs and results: the same for every attempt, and without the caller's text."""
        return str(uuid.uuid5(_PAYMENT_IDS, self.idempotency_key))


def read_payment(source: object) -> Payment:
    """Validate a parsed request.

    Raises:
        InvalidRequestError: A field is not valid; the error has all problems.
    """
    fields = Fields(source, names=FIELDS)
    payment = Payment(
        amount_minor=fields.integer("amount_minor", minimum=1, maximum=MAX_AMOUNT_MINOR),
        currency=fields.currency("currency"),
        payment_token=fields.text("payment_token", _TOKEN, "a token of the payment provider (tok_...)"),
        idempotency_key=fields.text("idempotency_key", _KEY, "16 to 64 letters, digits, '-' or '_'"),
    )
    fields.finish()
    return payment
