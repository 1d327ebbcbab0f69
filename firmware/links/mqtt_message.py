"""What an MQTT server sends: a document, an order, the time. It comes now and then."""


def take(link, first, body, cut):
    """`cut`: it is longer than there is room for; it is answered, so that it does not come again."""
    n = 2 + (body[0] << 8 | body[1])
    topic = bytes(body[2:n]).decode()
    if first & 6:
        link.acks.append(bytes(body[n : n + 2]))
        n += 2
    if cut:
        link.uplink.log("uplink", "too long: " + topic)
    elif topic[: len(link.root)] == link.root:
        link.uplink.message(topic[len(link.root) :], bytes(body[n:]))
