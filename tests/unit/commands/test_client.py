"""The command line's own client, against a server of the standard library."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ohmstead.commands.client import Client


class Echo(BaseHTTPRequestHandler):
    """Answers each post with its own body."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def echo() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_threads_that_share_a_client_each_get_their_own_answer(echo: str) -> None:
    client = Client(echo)
    bodies = [{"n": n, "filling": "x" * (n % 7) * 1000} for n in range(400)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda body: client.post("/anywhere", body), bodies))
    client.close()
    assert json.dumps(answers) == json.dumps(bodies)
