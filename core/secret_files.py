"""Secrets that come from files: NAME_FILE names the file that holds NAME."""

from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource

from core.errors import ConfigError, Fault


class SecretFiles(EnvSettingsSource):
    """Read a secret `NAME` from the file that `NAME_FILE` names."""

    def __call__(self) -> dict[str, Any]:
        """Return the secrets by name. Raises ConfigError that names each file it can't read."""
        self._faults: list[Fault] = []
        found = super().__call__()
        if self._faults:
            raise ConfigError(self._faults)
        return found

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return the file's text without the line end; nothing for fields that are no secrets."""
        path, key, _ = super().get_field_value(field, f"{field_name}_file")
        if field.annotation is not SecretStr or not path:
            return None, field_name, False
        return self._text(f"{field_name}_file".upper(), Path(path)), key, False

    def _text(self, name: str, path: Path) -> str | None:
        try:
            return path.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            why = error.strerror or type(error).__name__
        except UnicodeDecodeError:
            why = "it is no UTF-8 text"
        # The path is left out, as somebody may have written the secret itself there.
        hint = "Name a file that the program's user may read"
        self._faults.append(Fault(name, f"its file can't be read ({why})", hint))
        return None
