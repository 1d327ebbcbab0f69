"""Opening a TCP connection, needed once per connection."""

import errno
import select
import socket
import time

from agent.late import late
from micropython import const

_PATIENCE = const(10000)  # ms


async def connect(net):
    info = socket.getaddrinfo(net.where[0], net.where[1], 0, socket.SOCK_STREAM)[0]
    s = net._s = socket.socket(info[0], info[1], info[2])
    s.setblocking(False)
    try:
        s.connect(info[-1])
    except OSError as error:
        if error.errno not in (errno.EINPROGRESS, 119):
            raise
    poll = select.poll()
    poll.register(s, select.POLLOUT)
    until = time.ticks_add(time.ticks_ms(), _PATIENCE)
    while not (events := poll.poll(0)):
        await net.wait(until)
    if events[0][1] & ~select.POLLOUT:
        raise OSError(errno.ECONNREFUSED)
    if net.tls:
        late("links.tls").wrap(net)
    net._recv = getattr(net._s, "recv", None) or net._s.read
    net._send = getattr(net._s, "send", None) or net._s.write
