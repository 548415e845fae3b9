"""What is read is read again as the same, and nothing that is said of it quotes it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from almareplay.outcomes.reasons import in_words
from almareplay.sources import Codabar
from almareplay.sources.identifiers import NeedsFlagError, Scanner, bare, read_identifier
from almareplay.sources.identifiers.damages import DAMAGES
from almareplay.transactions import Reason
from tests.sources.identifiers.examples import ITEM, PATRON

damaged = st.one_of(
    st.text(),
    st.text("0123456789ABXx*éà&\"'(-è_ç;%^=?.,: E+"),
    st.builds("{}{}{}".format, st.text(max_size=2), st.sampled_from([ITEM, PATRON]), st.text()),
)


@given(damaged, st.text(max_size=3), st.text(max_size=3), st.sampled_from([None, *Codabar]))
def test_what_is_read_is_read_again_as_the_same(
    raw: str, prefix: str, suffix: str, codabar: Codabar | None
) -> None:
    scanner = Scanner(bare(prefix), bare(suffix), codabar)
    try:
        text, notes, problem = read_identifier(raw, "x", scanner)
    except NeedsFlagError:
        assert codabar is None
        return
    assert not (text and problem)
    if text and not problem:
        kept = iter(raw)
        assert notes or all(sign in kept for sign in text), "nothing changes without a word"
        assert read_identifier(text, "x", Scanner(codabar=Codabar.KEEP)).problem is None or notes


@given(damaged)
def test_no_note_and_no_problem_quotes_it(raw: str) -> None:
    try:
        _, notes, problem = read_identifier(raw, "§")
    except NeedsFlagError as error:
        assert str(error) == in_words(Reason.of("perhaps_codabar", what="§"))
        return
    known = {damage.code for damage in DAMAGES}
    said = [*notes, *([problem] if problem else [])]
    assert all(reason.code in known for reason in said)
    assert all(reason.parameters == (("what", "§"),) for reason in said)
