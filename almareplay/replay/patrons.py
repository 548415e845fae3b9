"""Who is who: the patrons behind captured identifiers."""

from __future__ import annotations

from almareplay.alma.answers.patron import Patron
from almareplay.alma.client import AlmaReader
from almareplay.alma.errors import Refusal
from almareplay.transactions import identifier_key, same_identifier


class Patrons:
    """Who is who: the patrons behind captured identifiers, each asked for once.

    ``user_id_type`` is Alma's type of the identifiers, None for any. With ``accounts`` what a
    patron may do and has is asked for at once, else only who it is."""

    def __init__(
        self, reader: AlmaReader, user_id_type: str | None = None, *, accounts: bool = False
    ) -> None:
        self._reader = reader
        self._accounts = accounts
        self._user_id_type = user_id_type
        self._primary_ids: dict[str, str] = {}
        # By the key of a primary id: that of the captured identifier that first led to it.
        self._captured_as: dict[str, str] = {}
        self._answers: dict[str, Patron | Refusal] = {}

    def learn(self, patron_id: str, primary_id: str) -> None:
        """Note what Alma's answer to a loan told."""
        if primary_id:
            key = identifier_key(patron_id)
            self._primary_ids[key] = primary_id
            self._captured_as.setdefault(identifier_key(primary_id), key)

    async def may_be(self, patron_id: str, primary_id: str, rank: int) -> bool:
        """Whether a captured identifier may mean the patron with this primary id, by what is known.

        Nothing is asked, unless another captured identifier has led to that patron before. Raises
        as ``same`` does.
        """
        key = identifier_key(patron_id)
        is_known = key in self._primary_ids or isinstance(self._answers.get(key), Patron)
        is_another = self._captured_as.get(identifier_key(primary_id), key) != key
        return not (is_known or is_another) or await self.same(patron_id, primary_id, rank)

    async def same(self, patron_id: str, primary_id: str, rank: int) -> bool:
        """Whether a captured identifier means the patron with this primary id.

        Raises Refusal when Alma does not know the identifier or it cannot be asked for.
        """
        if same_identifier(patron_id, primary_id):
            return True
        known = self._primary_ids.get(identifier_key(patron_id))
        if known is None:
            known = (await self.look_up(patron_id, rank)).primary_id
        return same_identifier(known, primary_id)

    async def look_up(self, patron_id: str, rank: int) -> Patron:
        """A patron's record, asked for once. Raises Refusal, also from memory, and AlmaError."""
        key = identifier_key(patron_id)
        if key not in self._answers:
            try:
                self._answers[key] = await self._reader.patron(
                    patron_id,
                    rank=rank,
                    user_id_type=self._user_id_type,
                    account=self._accounts,
                )
            except Refusal as refusal:
                self._answers[key] = refusal
        answer = self._answers[key]
        if isinstance(answer, Refusal):
            raise answer
        return answer
