"""Whether an address is this machine."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine, in whatever way it is written."""
    name = host.lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    # Whoever connects to the address of no machine reaches this one.
    return address.is_loopback or address.is_unspecified
