"""A town spread over machines: web ×2, worker ×3, clock ×2, PostgreSQL, LINE, and the school."""

import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import requests
from sqlalchemy.engine import make_url

from tests.faults.gate import Gate
from tests.faults.namespaces import Machine, enter, inside
from tests.faults.programs import Program
from tests.faults.test_database_faults import OwnServer
from tests.faults.test_random_kills import tap_steadily
from tests.faults.town import Child, Town
from tests.waiting import wait_for

WEBS, WORKERS, CLOCKS = ("web1", "web2"), ("worker1", "worker2", "worker3"), ("clock1", "clock2")
HOSTS = (*WEBS, *WORKERS, *CLOCKS)
NAMES = (*HOSTS, "db", "line", "school")
PORT = "8000"
# Without these a cable that was pulled is found out after a quarter of an hour. Source: libpq docs,
# "Parameter Key Words".
PATIENCE = {
    "connect_timeout": "2",
    "tcp_user_timeout": "2000",
    "keepalives_idle": "1",
    "keepalives_interval": "1",
    "keepalives_count": "2",
}


class Listening(OwnServer):
    """A PostgreSQL that a machine's address leads to; we ourselves reach it by its socket."""

    def listen(self, machine: Machine) -> str:
        """Answer at the machine's address from now on; return the DATABASE_URL for the others."""
        server = self._server
        with (server.pgdata / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.77.0.0/24 trust\n")
        folder = make_url(self.url).query["host"]
        command = [server.bin_path / "pg_ctl", "-w", "-D", server.pgdata, "-l", server.log]
        with inside(machine.namespace):
            subprocess.run(
                [*command, "-o", f"-h {machine.address} -k {folder}", "restart"],
                user=server.system_user,
                check=True,
                capture_output=True,
            )
        server.ensure_postgres_running()
        there = make_url(self.url).set(host=machine.address, query=PATIENCE)
        return there.render_as_string(hide_password=False)


@dataclass
class Land:
    """The machines and what runs on them."""

    town: Town
    machines: dict[str, Machine]
    running: dict[str, Program] = field(default_factory=dict)

    def start(self, *names: str) -> None:
        """Start what these hosts are for."""
        for name in names:
            kind = name.rstrip("0123456789")
            arguments = ["web", "--workers", "1"] if kind == "web" else [kind]
            machine = self.machines[name]
            self.running[name] = self.town.start(
                *arguments,
                changed={"HOST": machine.address, "PORT": PORT},
                namespace=machine.namespace,
            )

    def start_all(self) -> None:
        """Start every host and wait until the school reaches both servers."""
        self.start(*HOSTS)
        for name in WEBS:
            wait_for(partial(self.answers, name), name)

    def answers(self, name: str) -> bool:
        """Tell whether a web server is reached from the school."""
        with inside(self.machines["school"].namespace):
            try:
                return requests.get(f"{self.origin(name)}/healthz", timeout=1).ok
            except requests.RequestException:
                return False

    def origin(self, name: str) -> str:
        """The address of a web server."""
        return f"http://{self.machines[name].address}:{PORT}"

    def cut(self, *names: str) -> None:
        """Pull the cables of these machines."""
        for name in names:
            self.machines[name].cut()

    def heal(self, *names: str) -> None:
        """Plug them in again."""
        for name in names:
            self.machines[name].heal()

    def lose(self, *names: str) -> None:
        """Let hosts die: what runs on them is gone, and so is their address."""
        for name in names:
            self.cut(name)
            self.running.pop(name).kill()

    def bring_back(self, *names: str) -> None:
        """Start hosts that died."""
        self.heal(*names)
        self.start(*names)

    def look_after(self) -> None:
        """Start again what gave up where it runs, as a host's supervisor does."""
        for name, program in list(self.running.items()):
            if not program.is_alive:
                program.kill()
                self.start(name)

    def gate(self) -> Gate:
        """The school's reader, which tries both servers in turn."""
        gate = self.town.gate()
        gate.origin, gate.others = self.origin("web1"), [self.origin("web2")]
        return gate

    def tapping(self, gate: Gate, children: Sequence[Child]) -> threading.Thread:
        """Let the children come one after another, at the school."""

        def tap_at_school() -> None:
            enter(self.machines["school"].namespace)
            tap_steadily(gate, children)

        thread = threading.Thread(target=tap_at_school)
        thread.start()
        return thread

    def settle(self, gate: Gate, tapping: threading.Thread, children: Sequence[Child]) -> None:
        """Wait for the end of it and compare the reader's ledger with LINE's."""
        tapping.join()
        self.town.wait_until_settled(self.look_after)
        assert len(gate.answered) == len(children)
        self.town.check(gate)

    def end(self) -> None:
        """Stop everything."""
        for program in self.running.values():
            program.kill()
