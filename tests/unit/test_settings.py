"""Settings as people write them into `ohmstead.toml` and into the environment."""

from pathlib import Path

import pytest

from ohmstead.settings import Settings, Unusable, load

DOORS = [("002", "192.168.1.0/24", "operator"), ("001", "fd00::/8", "viewer")]


def from_file(folder: Path, text: str) -> Settings:
    (folder / "ohmstead.toml").write_text(text)
    return load(data_dir=folder)


@pytest.mark.parametrize("ports", ["8080", "[8080]", '"8080"', '["8080"]'])
def test_one_thing_is_a_list_of_one(tmp_path: Path, ports: str) -> None:
    assert from_file(tmp_path, f"http_port = {ports}").http_port == [8080]


@pytest.mark.parametrize(
    "rules",
    ['"002=192.168.1.0/24:operator, 001=fd00::/8:viewer"', '["002=192.168.1.0/24:operator", "001=fd00::/8:viewer"]'],
)
def test_open_doors_as_one_text_or_as_a_list(tmp_path: Path, rules: str) -> None:
    found = from_file(tmp_path, f"open_doors = {rules}").open_doors
    assert [(d.system, str(d.network), d.role) for d in found] == DOORS


def test_the_environment_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OHMSTEAD_HTTP_PORT", "8080, 8081")
    monkeypatch.setenv("OHMSTEAD_MQTT_DENY", "a/#,b")
    found = load(data_dir=tmp_path)
    assert (found.http_port, found.mqtt_deny) == ([8080, 8081], ["a/#", "b"])


@pytest.mark.parametrize(
    "text", ["http_port = true", "http_port = 1.5", "open_doors = 5", "open_doors = [5]", "zone = 5"]
)
def test_what_cannot_be_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(Unusable, match=text.partition(" ")[0]):
        from_file(tmp_path, text)


def test_a_name_in_the_file_that_no_setting_has_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"no setting alowed_networks; did you mean allowed_networks\?$"):
        from_file(tmp_path, 'alowed_networks = "10.0.0.0/8"')
    with pytest.raises(Unusable, match=r"no setting colour$"):
        from_file(tmp_path, 'colour = "red"')


def test_a_variable_of_something_else_that_is_called_alike_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OHMSTEAD_VERSION_OF_THE_IMAGE", "7")
    assert load(data_dir=tmp_path).http_port is None


def test_an_empty_variable_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ADMIN_PASSWORD", "DATABASE_URL", "HTTP_PORT", "MQTT_PORT"):
        monkeypatch.setenv(f"OHMSTEAD_{name}", "")
    found = load(data_dir=tmp_path)
    assert (found.admin_password, found.database_url, found.http_port, found.mqtt_port) == (None, None, None, None)
