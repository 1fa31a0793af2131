"""Several machines on one: cables are cut and healed, hosts die and are stood in for."""
