"""A mailbox over real IMAP, as much of it as a reader of reports needs."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PASSWORD = "mailbox-password"


class Mailbox(socketserver.ThreadingTCPServer):
    """What lies in it, by number; `seen` are the commands that came."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.mails: dict[int, bytes] = {}
        self.deleted: set[int] = set()
        self.seen: list[str] = []

    @property
    def url(self) -> str:
        """Where it is, with name and password."""
        return f"imap://bounces:{PASSWORD}@127.0.0.1:{self.server_address[1]}"

    def put(self, *mails: bytes) -> None:
        """Let mails arrive."""
        for mail in mails:
            self.mails[len(self.mails) + 1] = mail

    @property
    def left(self) -> list[bytes]:
        """What has not been deleted."""
        return list(self.mails.values())


class _Talk(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self._say("* OK ready")
        while line := self.rfile.readline():
            tag, _, command = line.decode().strip().partition(" ")
            self.server.seen.append(command)
            if not self._answer(command):
                self._say(f"{tag} NO not that")
                continue
            self._say(f"{tag} OK done")
            if command == "LOGOUT":
                return

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def _answer(self, command: str) -> bool:
        mails, deleted = self.server.mails, self.server.deleted
        if command == "CAPABILITY":
            self._say("* CAPABILITY IMAP4rev1")
        elif command.startswith("LOGIN"):
            return PASSWORD in command
        elif command.startswith("UID SEARCH"):
            self._say("* SEARCH " + " ".join(str(one) for one in mails if one not in deleted))
        elif found := re.match(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", command):
            number, most = int(found[1]), int(found[2])
            mail = mails[number][:most]
            self._say(f"* {number} FETCH (UID {number} BODY[]<0> {{{len(mail)}}}")
            self.wfile.write(mail + b")\r\n")
        elif found := re.match(r"UID STORE (\d+) \+FLAGS", command):
            deleted.add(int(found[1]))
        elif command == "EXPUNGE":
            for number in deleted & set(mails):
                del mails[number]
        elif command == "LOGOUT":
            self._say("* BYE")
        return True


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Run one on a free port of this machine."""
    with Mailbox() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()
