"""TLS over a connection that is open; a small board has no room for it."""

import ssl
import sys


def wrap(net):
    """Shake hands. Raises OSError where the server is not the one that the authority in `ca.pem` knows."""
    s = net._s
    s.setblocking(True)  # a handshake takes its time, but is over in seconds
    if hasattr(s, "settimeout"):
        s.settimeout(10)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if net.tls == "insecure":  # said so by a person: anybody may pretend to be the server
        if hasattr(context, "check_hostname"):
            setattr(context, "check_hostname", False)  # noqa: B010 - only CPython has it
        context.verify_mode = ssl.CERT_NONE
    else:
        with open("ca.pem" if net.tls is True else net.tls, "rb") as file:
            context.load_verify_locations(cadata=_cadata(file.read()))
    net._s = context.wrap_socket(s, server_hostname=net.where[0])
    # On a board both lead to the connection; CPython has taken it from the first.
    (net._s if hasattr(net._s, "setblocking") else s).setblocking(False)


def _cadata(pem):
    return pem.decode() if sys.implementation.name == "cpython" else pem
