"""Commands to meters of system 003: both words in one short payload, and answers where a firmware gives them."""

import json
from typing import Any

from builders import serial
from system.running_server import RunningServer
from system.test_control import command
from system.test_existing_devices import reading
from system.wire import MqttClient


class Meter:
    """A meter, claimed, that listens to its control topic as the ESP32 firmware does."""

    def __init__(self, server: RunningServer, label: str) -> None:
        self.server, self.label = server, label
        self.serial = serial("SN")
        self.id = ""

    async def start(self, listens: bool = True) -> "Meter":
        self.client = MqttClient(self.server.host, self.server.mqtt_port)
        assert await self.client.connect("", "", "", keep_alive=15) == 0
        await self.client.publish(f"meter/{self.label}/data", reading(self.serial, device_id=self.label))
        self.id = self.server.device(self.serial)["id"]
        assert self.server.admin.post(f"/devices/{self.id}/claim").status_code == 200
        if listens:
            assert await self.client.subscribe(f"meter/{self.label}/control") == 0
        return self

    def order(self, name: str, status: int = 202, **args: Any) -> Any:
        answer = self.server.admin.post(f"/devices/{self.id}/commands", json={"name": name, "args": args})
        assert answer.status_code == status, answer.text
        return answer.json()


async def test_both_words_are_in_what_a_meter_gets(server: RunningServer) -> None:
    meter = await Meter(server, serial("m")).start()
    for name, args, word in (
        ("reboot", {}, "reboot"),
        ("factory_reset", {}, "reset_config"),
        ("update_config", {"key": "reading_interval", "value": 30}, "update_config"),
    ):
        order = meter.order(name, **args)
        topic, payload, retained = await meter.client.message()
        assert (topic, retained) == (f"meter/{meter.label}/control", False)
        assert len(payload) + len(topic) < 250
        assert json.loads(payload) == {"command": word, "action": name, "command_id": order["id"], **args}
        assert command(server, meter, order["id"])["state"] == "sent"
    meter.client.close()


async def test_answers_are_followed_where_a_firmware_gives_them(server: RunningServer) -> None:
    meter = await Meter(server, serial("m")).start()
    order = meter.order("reboot")
    await meter.client.message()
    answer = {"job_id": order["id"], "device_id": meter.label, "serial_number": meter.serial, "message": "bye"}
    topic = f"meter/{meter.label}/ota/status"
    for status in ("received", "success"):
        await meter.client.publish(topic, answer | {"status": status})
    done = command(server, meter, order["id"])
    assert (done["state"], done["detail"]) == ("succeeded", "bye")
    for nobody in (answer | {"status": "failed"}, answer | {"job_id": None}, {"status": "success"}, [], b"\xff"):
        await meter.client.publish(topic, nobody)
    assert command(server, meter, order["id"])["state"] == "succeeded"
    meter.client.close()


async def test_what_it_does_not_know_or_cannot_take_is_refused(server: RunningServer) -> None:
    meter = await Meter(server, serial("m")).start()
    meter.order("explode", 422)
    meter.order("update_config", 422, key="x")
    too_long = meter.order("update_config", key="mqtt_server", value="x" * 300)
    failed = command(server, meter, too_long["id"])
    assert (failed["state"], failed["detail"]) == ("failed", "longer than the 256 bytes this device can take")
    meter.client.close()


async def test_of_several_that_say_the_same_id_none_is_commanded(server: RunningServer) -> None:
    label = serial("m")
    one, other = await Meter(server, label).start(), await Meter(server, label).start()
    failed = command(server, one, one.order("reboot")["id"])
    assert failed["state"] == "failed"
    assert "would do it too" in failed["detail"]
    one.client.close()
    other.client.close()


async def test_it_waits_for_a_meter_that_does_not_listen_yet(server: RunningServer) -> None:
    meter = await Meter(server, serial("m")).start(listens=False)
    order = meter.order("reboot")
    assert command(server, meter, order["id"])["state"] == "queued"
    assert await meter.client.subscribe(f"meter/{meter.label}/control") == 0
    _, payload, _ = await meter.client.message()
    assert json.loads(payload)["command_id"] == order["id"]
    meter.client.close()
