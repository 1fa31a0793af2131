"""A tiny app whose pages load the SDK stand-in under a strict content security policy."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html>
<html lang="zh-Hant-TW"><head><meta charset="utf-8"><title>我的孩子</title>
<script src="{sandbox}/liff-sdk.js"></script>
<script type="module" src="/liff/boot.js"></script>
</head><body data-liff-id="{liff_id}"><output></output></body></html>
"""

BOOT = """
const out = document.querySelector("output");
const show = (value) => { out.textContent = JSON.stringify(value); };
try {
  await liff.init({ liffId: document.body.dataset.liffId });
  const loggedIn = liff.isLoggedIn();
  show({
    path: location.pathname + location.search + location.hash,
    loggedIn,
    inClient: liff.isInClient(),
    idToken: liff.getIDToken(),
    name: loggedIn ? (await liff.getProfile()).displayName : null,
    friend: loggedIn ? (await liff.getFriendship()).friendFlag : null,
    decoded: liff.getDecodedIDToken(),
    context: liff.getContext(),
  });
} catch (error) {
  show({ error: error.code || String(error), message: error.message });
}
"""


class LiffApp:
    """Serves the page at every path below /liff/."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def point_at(self, sandbox: str, liff_id: str) -> None:
        """Tell where the SDK comes from."""
        self._server.page = PAGE.format(sandbox=sandbox, liff_id=liff_id)
        self._server.policy = (
            f"default-src 'none'; script-src 'self' {sandbox}; connect-src {sandbox}"
        )

    def serve_sdk(self, script: bytes, liff_id: str) -> None:
        """Serve this SDK ourselves; what it loads and asks is not hemmed in."""
        self._server.sdk = script
        self._server.page = PAGE.format(sandbox="/liff", liff_id=liff_id)

    def stop(self) -> None:
        """Shut down."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    page = ""
    policy = "frame-ancestors *"
    sdk = b""
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Serve the script or the page."""
        scripts = {"/liff/boot.js": BOOT.encode(), "/liff/liff-sdk.js": self.server.sdk}
        data = scripts.get(self.path, self.server.page.encode())
        self.send_response(200)
        kind = "text/javascript" if self.path in scripts else "text/html"
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Security-Policy", self.server.policy)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""
