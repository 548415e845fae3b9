"""What PostgreSQL says when something is wrong, in a librarian's words."""

from __future__ import annotations

from sqlalchemy.engine import URL

from almareplay.queue.errors import QueueAway, QueueError

# A load writes to its run for seconds in one transaction; a replay beside it waits for that.
LOCK_SECONDS = 30
# For one statement; where many rows are written there is no such limit.
STATEMENT_SECONDS = 600

# What PostgreSQL says, by the beginnings of its codes, and what a librarian should read instead.
_WORDS = {
    "28": "The database server {host} does not accept the user or the password of the queue's "
    "address. Correct the address, then start the same command again.",
    "3D000": "There is no database {database} on {host}. Have it created (createdb {database}), or "
    "name another with --queue.",
    "3F000": "The queue's tables are no longer in the database {database} on {host}. Have them "
    "restored before you start again, or rows may be posted twice.",
    "42P01": "The queue's tables are no longer in the database {database} on {host}. Have them "
    "restored before you start again, or rows may be posted twice.",
    "42501": "The user of the queue's address may not do this in the database {database} on "
    "{host}. The user must own the database, or the schema almareplay in it.",
    "25006": "The database {database} on {host} can only be read, as that of a stand-by server. "
    "Name the server that takes changes, then start the same command again.",
    "53100": "The disk of the database server {host} is full, so the queue cannot be written. Have "
    "space freed there and start the same command again: it goes on where it was.",
    "53300": "The database server {host} has no connection left. Stop some of the programs that "
    "use it, or have more allowed (max_connections), then start the same command again.",
    "55P03": "Another program has been writing to the same run or table of {database} on {host} "
    f"for more than {LOCK_SECONDS} seconds. Wait for it, then start the same command again.",
    "57014": "The database server {host} did not come to an end with one statement in "
    f"{STATEMENT_SECONDS // 60} minutes. Ask its administrator what holds it up, then start the "
    "same command again: it goes on where it was.",
    "40": "Another program was in the way in the database {database} on {host}, and nothing was "
    "stored. Start the same command again.",
    "XX": "The database {database} on {host} is damaged, as its server says. Ask its "
    "administrator, and do not load the captures into a new queue before it was looked at.",
    "58": "The disk failed under the database server {host}. Nothing more is posted until it can "
    "be written again.",
}
# The server gives no code while it is connected to, only words, in a language of its own.
_SAID = {
    "does not exist": "There is no such database, or no such user, on {host} (database "
    "{database}). Have it created, or correct the queue's address.",
    "authentication failed": _WORDS["28"],
    "no password supplied": _WORDS["28"],
    "pg_hba": _WORDS["28"],
    "too many": _WORDS["53300"],
    "remaining connection slots": _WORDS["53300"],
}
_NO_CONNECTION = (
    "The database server {host} cannot be reached. Check that it runs and that the host and the "
    "port of the queue's address are right, then start the same command again."
)
_LOST = (
    "The connection to the database server {host} was lost, perhaps in the middle of a change. "
    "Start the same command again when it is back: it goes on where it was."
)
_AWAY = (_NO_CONNECTION, _LOST, _WORDS["53300"])


def in_words(error: BaseException | None, url: URL, *, lost: bool = False) -> QueueError | None:
    """The error to raise in place of the driver's, None for one that should never come. Its own
    words lose what they quote; ``lost`` tells that the connection is gone."""
    code = getattr(error, "sqlstate", None) or ""
    said = str(error)
    if error is not None and code:
        # What follows the first line quotes what was to be stored.
        error.args = (said.partition("\n")[0],)
    words = next((_WORDS[begins] for begins in _WORDS if code.startswith(begins)), None)
    if lost or code.startswith(("08", "57P")):
        words = _LOST
    elif not code and type(error).__name__ == "OperationalError":
        said = said.lower()
        words = next((words for sign, words in _SAID.items() if sign in said), _NO_CONNECTION)
    if words is None:
        return None
    host = url.host or url.query.get("host") or "this machine"
    kind = QueueAway if words in _AWAY else QueueError
    return kind(words.format(host=host, database=url.database or url.username))
