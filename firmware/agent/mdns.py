"""Finding the server on this network: one question by multicast DNS."""

import asyncio
import socket
import time

_GROUP = "224.0.0.251"
_QUESTION = bytes(5) + b"\x01" + bytes(6) + b"\x09_ohmstead\x04_tcp\x05local\x00\x00\x0c\x80\x01"  # PTR, by unicast


async def find(kind, patience_ms=3000, port=5353, group=_GROUP):
    """(address, port) of the server that answers first; `kind` is "mqtt", "http" … None: nobody answers."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        s.setblocking(False)
        s.sendto(_QUESTION, (group, port))
        began = time.ticks_ms()
        while time.ticks_diff(time.ticks_ms(), began) < patience_ms:
            try:
                answer, who = s.recvfrom(512)
            except OSError:
                await asyncio.sleep_ms(20)
                continue
            found = port_of(answer, kind)
            if found:
                return who[0], found
    except OSError:
        pass  # no network
    finally:
        s.close()
    return None


def port_of(answer, kind):
    """What the server's text record says of `kind`; None for what is no such answer."""
    mark = kind.encode() + b"="
    at = answer.find(mark)
    if at < 1 or answer[2:3] != b"\x84" or b"\x09_ohmstead\x04_tcp\x05local\x00" not in answer:
        return None
    text = answer[at + len(mark) : at + answer[at - 1]]
    return int(text) if text.isdigit() and 0 < int(text) < 65536 else None
