import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from vantrexia_adapters.http import HttpTransport, Request, Response, Trouble

SECONDS = 20.0
Served = Callable[[x509.GeneralName], tuple[str, Path]]


class Quiet(BaseHTTPRequestHandler):
    """Answers everything with two bytes."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name is inherited
        """Keep quiet."""


class QuietServer(ThreadingHTTPServer):
    """A handshake that fails is what some tests are about."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Makes servers with a certificate of their own for some name; gives the address and the certificate."""
    servers: list[QuietServer] = []

    def serve(name: x509.GeneralName) -> tuple[str, Path]:
        path = a_certificate(tmp_path, name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        server = QuietServer(("127.0.0.1", 0), Quiet)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return f"https://localhost:{server.server_address[1]}/", path

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def a_certificate(folder: Path, name: x509.GeneralName) -> Path:
    """A key and a certificate for ``name``, signed by itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)  # noqa: TID251 - a certificate is judged by this machine's clock
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    path = folder / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return path


def answers(url: str, *, trusting: Path | None, times: int = 1) -> list[Response | Trouble]:
    """What requests bring, for a client that trusts this machine's authorities, or one certificate."""
    transport = HttpTransport(tls=ssl.create_default_context(cafile=trusting) if trusting else None)
    request = Request("GET", url, {}, b"", SECONDS, 1000)
    try:
        return [transport.send(request) for _ in range(times)]
    finally:
        transport.close()


def test_a_trusted_server_is_spoken_to(served: Served) -> None:
    """Again and again, over one connection."""
    url, certificate = served(x509.DNSName("localhost"))
    for answer in answers(url, trusting=certificate, times=3):
        assert isinstance(answer, Response)
        assert answer.body == b"{}"


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(served: Served) -> None:
    """Whoever redirected the address learns nothing: no request is sent."""
    url, _ = served(x509.DNSName("localhost"))
    assert answers(url, trusting=None) == [Trouble.UNTRUSTED]


def test_a_certificate_for_another_name_is_not_trusted(served: Served) -> None:
    """However well it is vouched for."""
    url, certificate = served(x509.DNSName("elsewhere.example"))
    assert answers(url, trusting=certificate) == [Trouble.UNTRUSTED]
