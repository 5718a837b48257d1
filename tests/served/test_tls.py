"""TLS by `serve`: 1.3 and nothing older, with a certificate that this test makes."""

import ipaddress
import socket
import ssl
from datetime import UTC, datetime, timedelta
from http.client import HTTPSConnection
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.programs import SECONDS_MAX, run, serving


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signed itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)  # noqa: TID251 - the machine's TLS library asks the machine's clock
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.touch(mode=0o600)
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return chain, private


def test_tls_1_3_is_spoken_and_nothing_older(tmp_path: Path) -> None:
    """A client of today is served, with HSTS; one that knows TLS 1.2 at most is not, nor is plain text."""
    chain, key = _certificate(tmp_path)
    today = ssl.create_default_context(cafile=str(chain))
    older = ssl.create_default_context(cafile=str(chain))
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    command = ("serve", "--tls-cert", str(chain), "--tls-key", str(key))
    with serving(tmp_path / "data", *command, log=tmp_path / "service.log") as (_, port):
        connection = HTTPSConnection("127.0.0.1", port, context=today, timeout=SECONDS_MAX)
        connection.request("GET", "/health/")
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.getheader("Strict-Transport-Security") == "max-age=31536000"
        assert isinstance(connection.sock, ssl.SSLSocket)
        assert connection.sock.version() == "TLSv1.3"
        connection.close()
        with (
            socket.create_connection(("127.0.0.1", port), timeout=SECONDS_MAX) as plain,
            pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"),
        ):
            older.wrap_socket(plain, server_hostname="127.0.0.1")
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS_MAX) as plain:
            plain.sendall(b"GET /health/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert b"HTTP/1.1 200" not in plain.recv(100)


def test_a_key_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    """One line, which says what to do."""
    chain, key = _certificate(tmp_path)
    key.chmod(0o644)
    refused = run(tmp_path / "data", "serve", "--tls-cert", str(chain), "--tls-key", str(key))
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert "chmod 640" in refused.err


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    """Before anything listens."""
    (tmp_path / "other").mkdir()
    chain, _ = _certificate(tmp_path)
    _, key = _certificate(tmp_path / "other")
    refused = run(tmp_path / "data", "serve", "--tls-cert", str(chain), "--tls-key", str(key))
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert "cannot be used together" in refused.err


def test_a_head_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    """Half a request head: the server hangs up by itself, within its ten seconds and some."""
    with (
        serving(tmp_path / "data", log=tmp_path / "service.log") as (_, port),
        socket.create_connection(("127.0.0.1", port), timeout=SECONDS_MAX) as slow,
    ):
        slow.sendall(b"GET /health/ HTTP/1.1\r\nHost: 127.0")
        answer = slow.recv(1_000)
    assert b" 200 " not in answer
