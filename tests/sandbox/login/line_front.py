"""LINE's host names in front of a sandbox, over TLS: LINE's own SDK can't be told other ones."""

import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOSTS = ("api.line.me", "access.line.me", "liff.line.me")
_DROPPED = {"connection", "transfer-encoding", "content-encoding", "content-length", "keep-alive"}


class LineFront:
    """Passes what browsers ask of LINE on to the sandbox; other hosts are not found."""

    def __init__(self, sandbox: str, folder: Path) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.sandbox = sandbox
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(write_certificate(folder))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def browser_rule(self) -> str:
        """Return Chromium's --host-resolver-rules."""
        address = f"127.0.0.1:{self._server.server_port}"
        return ", ".join(f"MAP {host} {address}" for host in ("*.line.me", "*.line-scdn.net"))

    def stop(self) -> None:
        """Shut down."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    sandbox = ""
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def _pass_on(self) -> None:
        host = self.headers.get("Host", "").partition(":")[0]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if host not in HOSTS:
            self.send_error(404)
            return
        path = self.path
        if host == "liff.line.me" and not path.startswith("/liff/"):
            path = f"/liff{path}"
        answer = requests.request(
            self.command,
            self.server.sandbox + path,
            data=body,
            headers={k: v for k, v in self.headers.items() if k.lower() != "host"},
            allow_redirects=False,
            timeout=60,
        )
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in _DROPPED:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = do_OPTIONS = _pass_on

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


def write_certificate(folder: Path, host: str = "line.me") -> Path:
    """Write a certificate of our own with its key, one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "line.pem"
    plain = serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, plain
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
