"""Network namespaces: machines on one machine, each with its own address and its own cable.

Source: ip-netns(8), setns(2).
"""

import ctypes
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

CLONE_NEWNET = 0x40000000
FOLDER = "/run/netns"
PREFIX = "10.77.0."
BRIDGE = "hub"


def enter(namespace: str) -> None:
    """Move the calling thread, and what it starts from now on, into the namespace."""
    with open(f"{FOLDER}/{namespace}", "rb") as place:
        _set(place.fileno())


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Be in the namespace; sockets opened meanwhile stay there."""
    with open("/proc/thread-self/ns/net", "rb") as home:
        enter(namespace)
        try:
            yield
        finally:
            _set(home.fileno())


def why_not() -> str:
    """Return why there can be no namespaces here, or an empty string."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not shutil.which("ip"):
        return "network namespaces need ip (Debian: iproute2)"
    try:
        with network("probe"):
            return ""
    except subprocess.CalledProcessError as error:
        return f"this kernel lets nobody make network namespaces: {error.stderr.strip()}"


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine with one cable."""

    namespace: str
    address: str
    _hub: str
    _cable: str

    def cut(self) -> None:
        """Pull the cable."""
        _ip("-n", self._hub, "link", "set", self._cable, "down")

    def heal(self) -> None:
        """Plug the cable in."""
        _ip("-n", self._hub, "link", "set", self._cable, "up")


@contextmanager
def network(*names: str) -> Iterator[dict[str, Machine]]:
    """Make machines that hear each other, and nothing else hears them; all go at the end."""
    tag = uuid.uuid4().hex[:6]
    hub = f"{tag}-{BRIDGE}"
    made = [hub]
    try:
        _ip("netns", "add", hub)
        _ip("-n", hub, "link", "add", BRIDGE, "type", "bridge")
        _ip("-n", hub, "link", "set", BRIDGE, "up")
        machines = {}
        for number, name in enumerate(names, 1):
            machine = Machine(f"{tag}-{name}", f"{PREFIX}{number}", hub, f"cable{number}")
            made.append(machine.namespace)
            _plug(machine, hub, f"cable{number}")
            machines[name] = machine
        yield machines
    finally:
        for namespace in made:
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True, check=False)


def _plug(machine: Machine, hub: str, cable: str) -> None:
    own = machine.namespace
    _ip("netns", "add", own)
    _ip("-n", hub, "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", own)
    _ip("-n", hub, "link", "set", cable, "master", BRIDGE, "up")
    _ip("-n", own, "addr", "add", f"{machine.address}/24", "dev", "eth0")
    _ip("-n", own, "link", "set", "eth0", "up")
    _ip("-n", own, "link", "set", "lo", "up")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], capture_output=True, text=True, check=True)


def _set(descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
