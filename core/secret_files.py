"""Secrets that come from files: NAME_FILE names the file that holds NAME."""

from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource


class SecretFiles(EnvSettingsSource):
    """Read a secret `NAME` from the file that `NAME_FILE` names."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return the file's text without the line end; nothing for fields that are no secrets."""
        path, key, _ = super().get_field_value(field, f"{field_name}_file")
        if field.annotation is not SecretStr or not path:
            return None, field_name, False
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n"), key, False
