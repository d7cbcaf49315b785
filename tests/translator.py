"""A server on the loopback interface that speaks LibreTranslate's HTTP API as far as it is asked here, without its models."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LANGUAGES = ("en", "mk", "sq", "auto")


class _Handler(BaseHTTPRequestHandler):
    sends_to = ""

    def do_POST(self) -> None:
        if self.sends_to:
            self.send_response(307)
            self.send_header("Location", self.sends_to + self.path)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/translate" or asked.get("format") != "text":
            return self._answer(404, {"error": "Not found"})
        if asked.get("api_key") != "secret":
            return self._answer(403, {"error": "Invalid API key"})
        if asked["source"] not in LANGUAGES or asked["target"] not in LANGUAGES:
            return self._answer(400, {"error": f"{asked['target']} is not supported"})
        return self._answer(200, {"translatedText": f"[{asked['source']}→{asked['target']}] {asked['q']}"})

    def _answer(self, status: int, content: dict[str, str]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def translator(sends_to: str = "") -> Iterator[str]:
    """The server's address; ``sends_to``: another server that it points to, instead of answering."""
    handler = type("Handler", (_Handler,), {"sends_to": sends_to})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
