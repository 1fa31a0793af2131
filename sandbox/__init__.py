"""Stand-ins for LINE, Taipei Pass and the gate readers: wire format only, loopback only."""
