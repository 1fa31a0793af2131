"""Orders of the SMS service as files: slips that come in, settlements that go out."""
