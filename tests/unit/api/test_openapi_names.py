"""What clients generate their types from."""

from ohmstead.api.application import build_api


def test_no_two_shapes_share_a_name() -> None:
    """FastAPI would give both the path of their module as a prefix, and clients a new name."""
    names = build_api().openapi()["components"]["schemas"]
    assert [name for name in names if name.startswith("ohmstead__")] == []
