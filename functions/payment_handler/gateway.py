"""The interface to the payment provider, and a sample implementation."""

from __future__ import annotations

import functools
import uuid
from typing import TYPE_CHECKING, Protocol

from functions.shared.environment import client_from_environment
from functions.shared.errors import SafeError

if TYPE_CHECKING:
    from functions.payment_handler.payment import Payment


class PaymentDeclinedError(SafeError):
    """The provider declined the payment: an expected outcome, not a fault.

    Attributes:
        reason: The provider's code, such as `insufficient_funds`.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class PaymentGateway(Protocol):
    """The interface of an adapter for a payment provider."""

    def charge(self, payment: Payment) -> str:
        """Charge a payment, idempotent by its key; return the provider's charge id.

        Raises:
            PaymentDeclinedError: The provider declined the payment.
            DependencyUnavailableError: The provider did not answer; a retry with the same key is safe.
        """


class SamplePaymentGateway:
    """A sample payment provider: the result depends on the token only.

    It moves no money and needs no network. Like a provider's sandbox it has test tokens, `DECLINED`. To use a
    real provider, write an adapter and add it to `GATEWAYS`. The sample never fails: drills cause faults
    (`functions.shared.drills`), where they are allowed.
    """

    APPROVED = "tok_approved"
    DECLINED = {  # noqa: RUF012 (read only)
        "tok_declined": "card_declined",
        "tok_expired": "expired_card",
        "tok_insufficient_funds": "insufficient_funds",
    }
    _CHARGE_IDS = uuid.UUID("c1f4c9f2-0a43-4a0e-8f6a-5a7c3d1b9e77")

    def charge(self, payment: Payment) -> str:
        """Approve or decline by the test token; any other token is declined as `unknown_token`."""
        if payment.payment_token != self.APPROVED:
            raise PaymentDeclinedError(self.DECLINED.get(payment.payment_token, "unknown_token"))
        return f"ch_{uuid.uuid5(self._CHARGE_IDS, payment.payment_id).hex}"


GATEWAYS = {"sample": SamplePaymentGateway}


@functools.cache
def gateway() -> PaymentGateway:
    """Return the gateway that `PAYMENT_GATEWAY` selects, created on first use."""
    return client_from_environment("PAYMENT_GATEWAY", GATEWAYS)
