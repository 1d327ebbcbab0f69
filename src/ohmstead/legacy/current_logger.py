"""System 000: `POST /data` from current loggers, which read neither the body nor the status of the answer."""

import asyncio
from urllib.parse import parse_qs

from ohmstead.dialects.dialect import Dialect, Envelope
from ohmstead.domain.errors import DomainError, Forbidden, MalformedPayload, TooFast, TooMany, Unavailable
from ohmstead.domain.trust import TrustRules
from ohmstead.runtime.asgi import (
    BodyTooLarge,
    ClientGone,
    Header,
    Receive,
    Scope,
    Send,
    media_type,
    read_body,
    respond,
)
from ohmstead.runtime.clock import Clock
from ohmstead.services.ingest import Ingest
from ohmstead.services.registry import Known
from ohmstead.services.tickets import Tickets

TEXT = b"text/plain; charset=utf-8"
LONGEST_WAIT_S = 3.0  # below the five seconds after which these devices give a request up
MAX_BODY = 4096  # one reading is 60 bytes; a stray upload must not be read to its end


class CurrentLoggerDoor:
    """A plain ASGI application: up to 100 requests a second come from each device."""

    def __init__(
        self,
        dialect: Dialect,
        ingest: Ingest,
        tickets: Tickets,
        trust: TrustRules,
        clock: Clock,
        answer_on_acceptance: bool,
    ) -> None:
        self._dialect = dialect
        self._ingest = ingest
        self._tickets = tickets
        self._trust = trust
        self._clock = clock
        # With a long commit window a device that waits for the answer would lose its rhythm, and it ignores
        # the status anyway (design §5): the only place where 200 may come before the commit.
        self._answer_on_acceptance = answer_on_acceptance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._take(scope, receive)
        except ClientGone:
            return
        except BodyTooLarge:
            await respond(send, 413, b"Too large", TEXT)
        except MalformedPayload:
            self._ingest.malformed(None)
            await respond(send, 400, b"Invalid data", TEXT)
        except (TooMany, Unavailable) as error:
            await respond(send, 429 if isinstance(error, TooMany) else 503, str(error).encode(), TEXT,
                          [(b"retry-after", b"%d" % error.retry_after_s)])  # fmt: skip
        except _WrongType:
            await respond(send, 415, b"Content-Type must be application/json", TEXT)
        except _NotAllowed as error:
            await respond(send, 401, str(error).encode(), TEXT)
        except DomainError as error:
            await respond(send, 403, str(error).encode(), TEXT)
        else:
            await respond(send, 200, b"OK", TEXT)

    async def _take(self, scope: Scope, receive: Receive) -> None:
        headers: list[Header] = scope["headers"]
        origin = self._trust.origin(scope["client"][0] if scope["client"] else "", headers)
        if not origin.anonymous:
            if not origin.direct:
                raise _NotAllowed("forwarded by a proxy that is not trusted, or from a foreign network")
            raise Forbidden("devices without credentials are accepted from allowed networks only")
        if media_type(headers) != b"application/json":
            raise _WrongType  # also what keeps other sites' forms out: they cannot send this type
        body = await read_body(receive, MAX_BODY)
        received = self._clock.arrival()
        hint = _device_parameter(scope["query_string"])
        batch = self._dialect.decode(body, Envelope(received, scope["path"], origin.address, hint))
        known = self._ingest.anonymous(batch.serial or origin.address, self._dialect)
        await self._admit(known)
        receipt = self._ingest.submit(known, batch, received)
        if not self._answer_on_acceptance:
            await self._tickets.committed(receipt.ticket)

    async def _admit(self, known: Known) -> None:
        """Let a device that sends too fast wait for its answer: it sends nothing meanwhile, and a refusal would be lost
        on it, and the reading with it. Raises what ingest raises, after LONGEST_WAIT_S.
        """
        loop = asyncio.get_running_loop()
        latest = loop.time() + LONGEST_WAIT_S
        while True:
            try:
                self._ingest.admit(known)
            except TooFast as error:
                if loop.time() + error.wait_s > latest:
                    raise
                await asyncio.sleep(error.wait_s)
            else:
                return


class _WrongType(Exception):
    pass


class _NotAllowed(DomainError):
    pass


def _device_parameter(query: bytes) -> str | None:
    if not query:
        return None
    try:
        values = parse_qs(query.decode("latin-1"), max_num_fields=8).get("device")
    except ValueError:  # more fields than any of these devices sends
        raise MalformedPayload("the query has too many fields") from None
    return values[0] if values else None
