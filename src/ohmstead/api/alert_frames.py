"""Frames of the live view about alerts."""

from ohmstead.api.alert_schemas import AlertView
from ohmstead.domain.alert import AlertChanged, AlertRaised
from ohmstead.runtime.bus import Bus
from ohmstead.services.alert_inbox import AlertInbox
from ohmstead.services.live import Live


class AlertFrames:
    """`{"type":"alert","alert":{…}}` for whoever may see all devices of the alert."""

    def __init__(self, live: Live, inbox: AlertInbox, bus: Bus) -> None:
        self._live = live
        self._inbox = inbox
        bus.subscribe(AlertRaised, self._changed)
        bus.subscribe(AlertChanged, self._changed)

    def _changed(self, fact: AlertRaised | AlertChanged) -> None:
        if self._live.watched:
            frame = {"type": "alert", "alert": AlertView.of(fact.alert).model_dump()}
            self._live.tell_those(frame, lambda who: self._inbox.sees(who, fact.alert))
