"""Versions, signatures and images: small rules, each with what it refuses."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bundles import bundle, key, public
from esp_images import esp_image
from ohmstead.commands.firmware_releases import sign_bytes
from ohmstead.domain.bundle import read_bundle, write_bundle
from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.image import MICROPYTHON, chip_of, read_image, read_micropython
from ohmstead.domain.release import RefusedRelease
from ohmstead.domain.signing import PublicKey
from ohmstead.domain.version import Version, is_downgrade

# In order, from semver.org §11.
ORDER = (
    "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
    "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0",
)  # fmt: skip


def test_versions_are_ordered_as_the_standard_says() -> None:
    versions = [Version.parse(text) for text in ORDER]
    assert None not in versions
    shuffled = random.Random(7).sample(versions, len(versions))
    assert [version.text for version in sorted(shuffled)] == list(ORDER)  # type: ignore[type-var, union-attr]


@pytest.mark.parametrize("text", ["", "1", "1.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0+b", "v1.0.0", "1" * 40])
def test_what_is_no_version_has_no_order(text: str) -> None:
    assert Version.parse(text) is None
    assert not is_downgrade(text, "0.0.1")


def test_a_downgrade_is_one_only_if_both_are_known() -> None:
    assert is_downgrade("1.1.0", "1.0.9")
    assert not is_downgrade("1.1.0", "1.1.0")
    assert not is_downgrade(None, "1.0.0")


@settings(deadline=None)  # the first case makes the key
@given(st.integers(0, 383), st.integers(1, 255))
def test_no_changed_byte_of_a_signature_passes(place: int, change: int) -> None:
    signature = bytearray(sign_bytes(key(), b"message"))
    assert public().verifies(b"message", bytes(signature))
    signature[place] ^= change
    assert not public().verifies(b"message", bytes(signature))


@pytest.mark.parametrize("signature", [b"", bytes(384), b"\xff" * 384, b"\x01" + bytes(384), bytes(383) + b"\x01"])
def test_signatures_out_of_range_are_refused_not_computed(signature: bytes) -> None:
    assert not public().verifies(b"message", signature)


@pytest.mark.parametrize("text", ["", "0" * 768, "f" * 767 + "e", "f" * 766, "z" * 768, "٣" * 768, "-" + "f" * 767])
def test_what_is_no_modulus_is_no_key(text: str) -> None:
    with pytest.raises(InvalidInput):
        PublicKey.parse(text)


def test_a_bundle_is_the_same_bytes_each_time() -> None:
    found = read_bundle(bundle())
    contents = {file.path: content for file, content in zip(found.manifest.files, found.contents, strict=True)}
    assert write_bundle(found.raw_manifest, found.signature, contents) == bundle()


@given(st.binary(max_size=3000))
def test_no_bytes_break_the_reader_of_bundles(archive: bytes) -> None:
    with pytest.raises(RefusedRelease):
        read_bundle(archive)


@settings(deadline=None)
@given(st.integers(0, 8191), st.integers(1, 255))
def test_no_changed_byte_of_a_bundle_goes_unseen(place: int, change: int) -> None:
    whole = bundle()
    spoilt = bytearray(whole)
    spoilt[place % len(whole)] ^= change
    try:
        found = read_bundle(bytes(spoilt))
    except RefusedRelease:
        return
    # What is neither content nor checked heading may differ; what is taken over must not.
    same = read_bundle(whole)
    assert found.contents == same.contents
    signed = (found.raw_manifest, found.signature) == (same.raw_manifest, same.signature)
    assert signed or not public().verifies(found.raw_manifest, found.signature)


@pytest.mark.parametrize(
    ("board", "chip"),
    [
        ("esp32", "esp32"),
        ("esp32-s3", "esp32s3"),
        ("esp32_c3", "esp32c3"),
        ("m5core2", "esp32"),
        ("d1_mini", "esp8266"),
    ],
)
def test_the_name_of_a_board_tells_its_chip(board: str, chip: str) -> None:
    assert chip_of(board) == chip


def test_a_bundle_with_micropython_is_for_boards_of_one_chip_with_a_second_partition() -> None:
    assert read_micropython({"main.mpy": b"x"}, ["esp32", "esp8266"]) is None
    image = esp_image(content=b"micropython" * 9)
    found = read_micropython({MICROPYTHON: image}, ["esp32", "m5core2"])
    assert found is not None
    assert (found.chip, found.size) == ("esp32", len(image))
    for boards in (["esp32", "esp32s3"], ["esp8266"], ["esp32", "d1_mini"], ["toaster"]):
        with pytest.raises(RefusedRelease) as refused:
            read_micropython({MICROPYTHON: image}, boards)
        assert refused.value.reason == "board"
    with pytest.raises(RefusedRelease):
        read_micropython({MICROPYTHON: b"\x7fELF" * 9}, ["esp32"])


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader_of_images(content: bytes) -> None:
    for board in ("esp32", "esp8266"):
        with pytest.raises(RefusedRelease):
            read_image(b"\xe9" + content, board, "firmware.bin")


@pytest.mark.parametrize(
    ("content", "target", "good"),
    [
        (bytes(8192), "spiffs.bin", True),
        (bytes(8191), "spiffs.bin", False),
        (b"\xaa\x50" + bytes(100), "partitions.bin", True),
        (esp_image(), "partitions.bin", False),
        (esp_image(), "bootloader.bin", True),
        (esp_image(), "picture.png", False),
    ],
)
def test_the_target_says_what_an_image_must_be(content: bytes, target: str, good: bool) -> None:
    if good:
        assert read_image(content, "m5core2", target).chip == "esp32"
    else:
        with pytest.raises(RefusedRelease):
            read_image(content, "m5core2", target)
