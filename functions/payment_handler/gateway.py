"""The payment provider, as this service sees it."""

from __future__ import annotations

import functools
import uuid
from typing import TYPE_CHECKING, Protocol

from functions.shared.environment import client_from_environment
from functions.shared.errors import SafeError

if TYPE_CHECKING:
    from functions.payment_handler.payment import Payment


class PaymentDeclinedError(SafeError):
    """The provider answered, and the answer is no: an expected outcome, not a fault.

    Attributes:
        reason: The provider's code, such as `insufficient_funds`.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class PaymentGateway(Protocol):
    """What an adapter for a payment provider must do."""

    def charge(self, payment: Payment) -> str:
        """Charge once per idempotency key, however often it is called; return the provider's charge id.

        Raises:
            PaymentDeclinedError: The provider refused.
            DependencyUnavailableError: The provider gave no answer; safe to repeat with the same key.
        """


class SamplePaymentGateway:
    """The sample's stand-in for a payment provider: the answer depends on the token alone.

    It moves no money and needs no network. Like a provider's sandbox it has test tokens, `DECLINED`; whoever
    adopts this service writes an adapter for a real provider and names it in `GATEWAYS`. It always answers:
    a fault is what a drill asks for (`functions.shared.drills`), and only where that is allowed.
    """

    APPROVED = "tok_approved"
    DECLINED = {  # noqa: RUF012 (read only)
        "tok_declined": "card_declined",
        "tok_expired": "expired_card",
        "tok_insufficient_funds": "insufficient_funds",
    }
    _CHARGE_IDS = uuid.UUID("c1f4c9f2-0a43-4a0e-8f6a-5a7c3d1b9e77")

    def charge(self, payment: Payment) -> str:
        """Answer as the test token says; any other token is one the provider does not know."""
        if payment.payment_token != self.APPROVED:
            raise PaymentDeclinedError(self.DECLINED.get(payment.payment_token, "unknown_token"))
        return f"ch_{uuid.uuid5(self._CHARGE_IDS, payment.payment_id).hex}"


GATEWAYS = {"sample": SamplePaymentGateway}


@functools.cache
def gateway() -> PaymentGateway:
    """Return the gateway that `PAYMENT_GATEWAY` names, made on first use."""
    return client_from_environment("PAYMENT_GATEWAY", GATEWAYS)
