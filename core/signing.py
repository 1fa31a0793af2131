"""Signing what leaves the house and comes back: one way, with the keys of the day."""

from itsdangerous import URLSafeSerializer

from core.settings import Settings


def serializer_of(settings: Settings, salt: str) -> URLSafeSerializer:
    """Return what signs and reads things of one kind, which `salt` names."""
    # The last key signs, all of them verify.
    keys = [*reversed(settings.old_secret_keys), settings.secret_key.get_secret_value()]
    return URLSafeSerializer(keys, salt=salt)
