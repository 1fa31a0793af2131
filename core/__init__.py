"""The school-gate domain: who, telling, deciding, hearing, duty."""
