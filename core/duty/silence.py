"""Why a database lets nobody in, in words of ours: its own may hold what an address holds."""

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from core.errors import Fault

# What stands in the makers' sentence, and ours for it, the first that fits. What PostgreSQL itself
# says follows its lc_messages: then the kind of the error has to do.
WORDS = {
    "Connection refused": "nothing listens there",
    "resolve host": "nobody knows its host",
    "timeout": "no answer in time",
    "password": "it wants another password",
    "does not exist": "it has no such database or role",
    "pg_hba.conf": "its pg_hba.conf does not let us in",
    "too many": "all its connections are taken",
    "connection slots": "all its connections are taken",
    "starting up": "it is starting up",
    "SSL": "no TLS as DATABASE_URL wants it",
    "certificate": "its certificate is not trusted",
    "unable to open": "its file can't be opened",
    "not a database": "its file is no database",
    "locked": "somebody else holds it",
}


def silence_of(engine: Engine) -> Fault | None:
    """Try the database once; return what is wrong where no connection comes about."""
    try:
        with engine.execution_options(reading=True).connect():
            return None
    except SQLAlchemyError as error:
        return silence(error)


def silence(error: SQLAlchemyError) -> Fault:
    """Return the fault of a database that did not answer."""
    said = str(getattr(error, "orig", ""))
    why = next((ours for theirs, ours in WORDS.items() if theirs in said), type(error).__name__)
    return Fault("database", f"the database does not answer ({why})", "Check DATABASE_URL")
