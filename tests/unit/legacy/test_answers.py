"""How older clients are answered."""

import pytest
from starlette.requests import Request

from ohmstead.domain.errors import InvalidInput, MalformedPayload, NotJson, TooMany, Unavailable, UnsupportedBody
from ohmstead.legacy import answers
from ohmstead.runtime.asgi import Message


def request(body: bytes = b"", kind: str = "application/json", query: str = "") -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": query.encode(),
             "headers": [(b"content-type", kind.encode())]}  # fmt: skip
    return Request(scope, receive)


def test_instants_are_written_as_javascript_does() -> None:
    assert answers.iso(1_758_443_410_412_999) == "2025-09-21T08:30:10.412Z"
    assert answers.iso(1_758_443_410_000_000) == "2025-09-21T08:30:10.000Z"
    assert answers.iso(None) is None


def test_numbers_are_rounded_in_the_unit_of_the_older_page() -> None:
    assert answers.rounded(12_345.0, 3, 1000) == 12.345
    assert answers.rounded(None, 3, 1000) is None


@pytest.mark.parametrize(
    ("told", "limit"), [("", 10), ("5", 5), ("0", 10), ("-3", 10), ("x", 10), ("9999999", 100), ("9" * 40, 10)]
)
def test_a_limit_is_a_number_or_the_default(told: str, limit: int) -> None:
    assert answers.limit_of(request(query=f"limit={told}"), 10, 100) == limit


async def test_a_body_is_a_json_object() -> None:
    assert await answers.body_of(request(b'{"a":1}', "application/json; charset=utf-8")) == {"a": 1}


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        (b"{}", "text/plain", UnsupportedBody),
        (b"{", "application/json", NotJson),
        (b"[]", "application/json", InvalidInput),
        (b"[" * 50_000, "application/json", MalformedPayload),
    ],
)
async def test_anything_else_is_refused(body: bytes, kind: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await answers.body_of(request(body, kind))


@pytest.mark.parametrize("value", [True, [], {}, "x" * 513])
def test_a_field_that_is_no_text_is_named(value: object) -> None:
    with pytest.raises(InvalidInput, match="name"):
        answers.text_of({"name": value}, "name")


def test_numbers_and_nothing_are_texts_too() -> None:
    assert answers.text_of({"device_id": 7}, "device_id") == "7"
    assert answers.text_of({"device_id": None}, "device_id") is None
    assert answers.text_of({}, "device_id") is None


async def test_errors_are_an_object_with_one_word() -> None:
    refused = await answers.refused(request(), TooMany("slowly", retry_after_s=7))
    assert (refused.status_code, bytes(refused.body)) == (429, b'{"error":"slowly"}')
    assert refused.headers["retry-after"] == "7"
    assert (await answers.refused(request(), Unavailable("full"))).status_code == 503
