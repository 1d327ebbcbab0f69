"""Forms with files: what browsers send is read, what is no form is named so, and nothing else happens."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.api.ranges import NotSatisfiable, range_of
from ohmstead.runtime.multipart import Field, NoForm, boundary_of, read_form, write_file

BROWSER = (
    b'------WebKitX\r\nContent-Disposition: form-data; name="board"\r\n\r\nesp32\r\n'
    b'------WebKitX\r\nContent-Disposition: form-data; name="image"; filename="a b.bin"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n\x00\r\n--\r\n\xff\r\n------WebKitX--\r\n"
)


def test_what_a_browser_sends_is_read() -> None:
    assert boundary_of("multipart/form-data; boundary=----WebKitX") == "----WebKitX"
    assert boundary_of('Multipart/Form-Data; charset=x; boundary="a b"') == "a b"
    form = read_form(BROWSER, "----WebKitX")
    assert form == {"board": Field(b"esp32"), "image": Field(b"\x00\r\n--\r\n\xff", "a b.bin")}


@given(st.binary(max_size=200))
def test_a_file_comes_back_as_it_was_written(content: bytes) -> None:
    before, behind = write_file("xBOUNDARYx", "firmware", "firmware.bin", content)
    assert read_form(before + content + behind, "xBOUNDARYx") == {"firmware": Field(content, "firmware.bin")}


@given(st.binary(max_size=300))
def test_no_bytes_break_it(body: bytes) -> None:
    for sent in (body, b"--b\r\n" + body, BROWSER.replace(b"esp32", body)):
        for boundary in ("b", "----WebKitX"):
            with contextlib.suppress(NoForm):
                read_form(sent, boundary)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        BROWSER[:-20],
        BROWSER[:30],
        BROWSER.replace(b'name="board"', b'name="image"'),
        BROWSER.replace(b'; name="board"', b""),
        b'------WebKitX\r\nContent-Disposition: form-data; name="x"\r\n\r\n\r\n' * 40 + b"------WebKitX--\r\n",
    ],
    ids=["nothing", "no end", "no heading", "twice", "no name", "too many"],
)
def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(NoForm):
        read_form(body, "----WebKitX")
    assert boundary_of("application/json") is None


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("bytes=0-", (0, 10)),
        ("bytes=3-5", (3, 6)),
        ("bytes=3-99", (3, 10)),
        ("bytes=-4", (6, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=5-3", None),
        ("bytes=0-1,3-4", None),
        ("bytes=-", None),
        ("lines=1-2", None),
    ],
)
def test_a_range_is_what_the_standard_says(header: str | None, part: tuple[int, int] | None) -> None:
    assert range_of(header, 10) == part


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_range_of_nothing_cannot_be_satisfied(header: str) -> None:
    with pytest.raises(NotSatisfiable):
        range_of(header, 10)
