"""Portal: an access point of the board's own, for who sets it up; every name leads to its pages."""

import asyncio
import socket
import time

from micropython import const

_OPEN_MS = const(300000)
_TRIES = const(5)  # failures to join after which it opens beside the tries that go on


class Portal:
    name = "portal"
    silence = 60000

    def __init__(self, agent):
        import network

        self._agent = agent
        self._ap = network.WLAN(getattr(network, "AP_IF", 1))
        self._dns = None
        self.is_open = False

    def wanted(self):
        wifi = self._agent.wifi
        return not self._agent.config["wifi"] or (not wifi.joined() and wifi.failures >= _TRIES)

    async def run(self):
        try:
            await self._keep()
        finally:
            if self.is_open:
                self.close()

    async def _keep(self):
        opened = time.ticks_ms()
        while True:
            self.beat = now = time.ticks_ms()
            if self.wanted():
                opened = now
                if not self.is_open:
                    self.open()
            elif self.is_open and time.ticks_diff(now, opened) > _OPEN_MS:
                self.close()
            if self._dns:
                for _ in range(4):  # at most so many at once: the others ask again
                    if not self._answer():
                        break
            await asyncio.sleep_ms(50 if self.is_open else 2000)

    def open(self):
        name = self._agent.config["ap_name"] or "Ohmstead-"
        if name[-1] in "-_":
            name += self._agent.serial[-4:].upper()
        self._ap.active(True)
        try:
            self._ap.config(ssid=name, password=self._agent.password, security=3)
        except (ValueError, TypeError):
            self._ap.config(essid=name, password=self._agent.password, authmode=3)
        self.is_open = True
        self._agent.log("portal", "open as " + name)
        try:
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("0.0.0.0", self._agent.config.get("dns_port", 53)))
            s.setblocking(False)
            self._dns = s
        except OSError as error:
            self._agent.log("portal", error)

    def close(self):
        if self._dns:
            self._dns.close()
            self._dns = None
        self._ap.active(False)
        self.is_open = False

    def _answer(self):
        try:
            query, who = self._dns.recvfrom(256)
        except OSError:
            return False
        answer = dns_answer(query, bytes([int(n) for n in self._ap.ifconfig()[0].split(".")]))
        if answer:
            try:
                self._dns.sendto(answer, who)
            except OSError:
                pass  # it asks again
        return True


def dns_answer(query, address):
    """The board's address for every question of type A; none for other types; nothing for what is no question."""
    if len(query) < 17 or query[2] & 0xF8 or query[4:6] != b"\x00\x01":
        return None
    at = 12
    while at < len(query) and query[at]:
        if query[at] > 63:
            return None
        at += query[at] + 1
    if at + 5 > len(query):
        return None
    is_a = query[at + 1 : at + 5] == b"\x00\x01\x00\x01"
    head = query[:2] + b"\x81\x80\x00\x01" + (b"\x00\x01" if is_a else b"\x00\x00") + bytes(4)
    body = query[12 : at + 5]
    return head + body + (b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x1e\x00\x04" + address if is_a else b"")
