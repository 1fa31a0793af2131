"""The bureau's single sign-in (教育局單一身分驗證) as an operator sets it; off while unset."""

from enum import StrEnum

from pydantic import SecretStr
from pydantic_settings import BaseSettings

BUREAU_ADDRESSES = (
    "bureau_login_authorize_url",
    "bureau_login_token_url",
    "bureau_login_profile_url",
)


class TokenAuth(StrEnum):
    """How the client proves itself at a provider's token endpoint."""

    POST = "client_secret_post"
    BASIC = "client_secret_basic"


class BureauLogin(BaseSettings):
    """The part of the settings about the bureau; in production each address has to be named."""

    bureau_login_authorize_url: str = ""
    bureau_login_token_url: str = ""
    bureau_login_profile_url: str = ""
    bureau_login_client_id: str = ""
    bureau_login_client_secret: SecretStr = SecretStr("")
    bureau_login_token_auth: TokenAuth = TokenAuth.POST
    bureau_login_pkce: bool = False

    @property
    def has_bureau_login(self) -> bool:
        """Tell whether people may look by an account of the bureau."""
        return bool(self.bureau_login_client_id)
