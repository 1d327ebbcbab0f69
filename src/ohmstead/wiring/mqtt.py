"""The gateway for MQTT clients, and who may pass it."""

from typing import TYPE_CHECKING

from ohmstead.domain.person import CredentialsRevoked
from ohmstead.legacy.asking import DIALECTS
from ohmstead.mqtt.limits import Limits
from ohmstead.services.retained import RetainedMessages
from ohmstead.transports.meter_control import METER
from ohmstead.transports.mqtt_doors import Grant, MqttDoors
from ohmstead.transports.mqtt_gateway import Gateway

if TYPE_CHECKING:
    from ohmstead.app import App


async def build_gateway(app: "App") -> Gateway:
    shut = frozenset[str]().union(*(DIALECTS[system] for system in app.settings.doors_off))
    doors = MqttDoors(
        app.ingest,
        app.registry,
        app.tokens,
        app.trust,
        app.clock,
        {name: d for name, d in app.dialects.items() if name not in shut},
        app.settings.mqtt_deny,
        app.settings.mqtt_open,
        app.mappings,
        app.switching.native,
        None if METER in shut else app.switching.meters,
    )
    limits = Limits(packet_bytes=app.settings.max_mqtt_packet_bytes)
    gateway = Gateway(doors, await RetainedMessages.open(app.database, app.clock), limits)
    await gateway.start()
    app.bus.subscribe(
        CredentialsRevoked,
        lambda fact: gateway.disconnect(lambda grant: isinstance(grant, Grant) and grant.rests_on(fact.token)),
    )
    app.database.writer.on_commit(gateway.committed)
    app.database.writer.on_failure(lambda first, last, _: gateway.failed(first, last))
    return gateway
