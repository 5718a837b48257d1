"""A Transit engine of our own on loopback: it encrypts, keeps its keys to itself, and fails on request."""

import json
import os
import ssl
from base64 import b64decode, b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.certificates import a_certificate

TOKEN = "hvs.our-token"


class FakeTransit:
    """The server, over TLS. Use as a context manager; what it does wrong may be changed while it runs."""

    def __init__(self, folder: Path, *keys: str) -> None:
        self.ca_file, key_file = a_certificate(folder, "localhost")
        self.keys = {name: AESGCM(os.urandom(32)) for name in keys}
        self.token = TOKEN
        self.token_file = folder / "token"
        self.token_file.write_text(TOKEN + "\n", encoding="ascii")
        self.token_file.chmod(0o600)
        self.status: int | None = None
        self.body: bytes | None = None
        self.is_hung = False
        self.ended = Event()
        self.calls: list[tuple[str, str | None]] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca_file, key_file)
        self._server = QuietServer(("127.0.0.1", 0), Handler)
        self._server.fake = self
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"https://localhost:{self._server.server_address[1]}"

    def settings(self, key: str) -> dict[str, str]:
        """How a service reaches it."""
        return {
            "VANTREXIA_TRANSIT_URL": self.url,
            "VANTREXIA_TRANSIT_KEY": key,
            "VANTREXIA_TRANSIT_TOKEN_FILE": str(self.token_file),
            "VANTREXIA_TRANSIT_CA_FILE": str(self.ca_file),
        }

    def answer(self, path: str, token: str | None, namespace: str | None, body: Any) -> tuple[int, Any]:
        """What the real engine answers, as its documentation and its errors have it."""
        self.calls.append((path, namespace))
        _, _, mount, what, name = path.split("/")  # /v1/<mount>/<what>/<key>
        if token != self.token:
            return 403, {"errors": ["permission denied"]}
        if mount != "transit":
            return 404, {"errors": [f"no handler for route {path!r}"]}
        key = self.keys.get(name)
        if key is None:
            return 400, {"errors": ["encryption key not found"]}
        bound_to = b64decode(body["associated_data"])
        if what == "encrypt":
            nonce = os.urandom(12)
            sealed = nonce + key.encrypt(nonce, b64decode(body["plaintext"]), bound_to)
            return 200, {"data": {"ciphertext": "vault:v1:" + b64encode(sealed).decode(), "key_version": 1}}
        prefix, version, text = [*body["ciphertext"].split(":"), "", ""][:3]
        if (prefix, version) != ("vault", "v1"):
            return 400, {"errors": ["invalid ciphertext: no prefix"]}
        try:
            sealed = b64decode(text, validate=True)
            plaintext = key.decrypt(sealed[:12], sealed[12:], bound_to)
        except (InvalidTag, ValueError):
            return 400, {"errors": ["cipher: message authentication failed"]}
        return 200, {"data": {"plaintext": b64encode(plaintext).decode()}}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class QuietServer(ThreadingHTTPServer):
    """A handshake that fails is what some tests are about."""

    daemon_threads = True
    fake: FakeTransit

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: two of them wait for each other
    server: QuietServer

    def do_POST(self) -> None:
        """Answer, or do not."""
        fake = self.server.fake
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if fake.is_hung:
            fake.ended.wait(30)
            return
        token, namespace = self.headers["X-Vault-Token"], self.headers["X-Vault-Namespace"]
        status, answer = fake.answer(self.path, token, namespace, body)
        raw = json.dumps(answer).encode() if fake.body is None else fake.body
        self.send_response(fake.status or status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name is inherited
        """Keep quiet."""
