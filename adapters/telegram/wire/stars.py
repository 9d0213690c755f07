"""A bot's transactions in Stars as they come over the wire: the fields we read. Knows their JSON; must not know what
they are for."""

from __future__ import annotations

import msgspec

from adapters.telegram.wire.update import User

INVOICE = "invoice_payment"
"""The only kind of transaction that is somebody's payment of an invoice, or its refund."""


class Partner(msgspec.Struct, frozen=True):
    """Who is on the other side; a person has what follows. `subscription_period` in seconds."""

    type: str
    transaction_type: str = INVOICE
    user: User | None = None
    invoice_payload: str | None = None
    subscription_period: int | None = None


class Transaction(msgspec.Struct, frozen=True):
    """Stars that moved; `date` in seconds since 1970. `source` pays us, to `receiver` stars went back, under one id."""

    id: str
    amount: int
    date: int
    source: Partner | None = None
    receiver: Partner | None = None


class _Transactions(msgspec.Struct):
    transactions: list[msgspec.Raw]


read_page = msgspec.json.Decoder(_Transactions).decode
read_transaction = msgspec.json.Decoder(Transaction).decode
