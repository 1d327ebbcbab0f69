"""Everything that can go wrong in the product's own terms. Doors translate these once, at their edge."""

from collections.abc import Iterable
from math import ceil
from typing import Self


class DomainError(Exception):
    """Base of all errors a door may show to whoever is on the other side."""


class MalformedPayload(DomainError):
    """The payload is not what its dialect speaks; nothing in it can be trusted."""


class NotJson(MalformedPayload):
    """The payload is not JSON at all (HTTP answers 400 where a wrong shape is 422)."""


class NotFound(DomainError):
    """There is no such thing, or the asker may not know that there is."""


class Gone(DomainError):
    """There was such a thing; it was taken back and will not return by itself."""


class Conflict(DomainError):
    """It exists already, or its state forbids the request."""


class IllegalTransition(Conflict):
    """A life cycle was asked for a step that its table does not have."""

    @classmethod
    def of(cls, what: str, state: str, legal: Iterable[str], to: str) -> Self:
        """`what` (with its article) is in `state`, from which `legal` are the ways on."""
        return cls(f"{what} that is {state} can become {', '.join(sorted(legal)) or 'nothing else'}, not {to}")


class Unauthenticated(DomainError):
    """Who is asking is not known."""


class Forbidden(DomainError):
    """Who is asking is known and may not."""


class InvalidInput(DomainError):
    """A value given by a person or a client is outside what is legal."""


class TooMany(DomainError):
    """A rate or a quota is used up. `retry_after_s` says when asking again makes sense."""

    def __init__(self, message: str, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class TooFast(TooMany):
    """A sender is above its rate; after `wait_s` one more is allowed."""

    def __init__(self, message: str, wait_s: float) -> None:
        super().__init__(message, max(1, ceil(wait_s)))
        self.wait_s = wait_s


class Unavailable(DomainError):
    """The server cannot take this now and nothing was kept; the same request may succeed later."""

    def __init__(self, message: str, retry_after_s: int = 2) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Undeliverable(DomainError):
    """What was to be told somebody outside did not arrive; the message says why."""


class OutOfSpace(DomainError):
    """The disk has no room for what was sent; nothing of it was kept."""


class TooLarge(DomainError):
    """A body, or what it unpacks to, is above the limit."""


class UnsupportedBody(DomainError):
    """A content type or encoding that this door does not take."""
