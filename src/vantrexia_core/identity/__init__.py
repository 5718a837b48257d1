"""Who people are: accounts, signing in, and recognising a signed-in request."""

from vantrexia_core.identity.administration import (
    LastAdministratorError,
    change_user,
    create_user,
    list_users,
    set_password,
)
from vantrexia_core.identity.facts import UserCreated, UsersListed, UserUpdated
from vantrexia_core.identity.model import (
    OPERATOR_ID,
    Account,
    NewUser,
    SignedIn,
    TokenPair,
    User,
    operator,
)
from vantrexia_core.identity.password_policy import (
    PASSWORD_CHARACTERS_MAX,
    PASSWORD_CHARACTERS_MIN,
    PASSWORDS_BARRED,
    NewPassword,
    password_bytes,
)
from vantrexia_core.identity.ports import (
    Accounts,
    EmailTakenError,
    Passwords,
    SignInDesk,
    SignInWork,
    TokenNotValidError,
    Tokens,
    UserDesk,
    UserStore,
    UserWork,
    Verdict,
)
from vantrexia_core.identity.signing_in import AuthenticationFailedError, recognise, sign_in

__all__ = [
    "OPERATOR_ID",
    "PASSWORDS_BARRED",
    "PASSWORD_CHARACTERS_MAX",
    "PASSWORD_CHARACTERS_MIN",
    "Account",
    "Accounts",
    "AuthenticationFailedError",
    "EmailTakenError",
    "LastAdministratorError",
    "NewPassword",
    "NewUser",
    "Passwords",
    "SignInDesk",
    "SignInWork",
    "SignedIn",
    "TokenNotValidError",
    "TokenPair",
    "Tokens",
    "User",
    "UserCreated",
    "UserDesk",
    "UserStore",
    "UserUpdated",
    "UserWork",
    "UsersListed",
    "Verdict",
    "change_user",
    "create_user",
    "list_users",
    "operator",
    "password_bytes",
    "recognise",
    "set_password",
    "sign_in",
]
