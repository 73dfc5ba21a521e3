from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from adapters.teams.inert import aligned, escaped, plain, shortened

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("strikethrough")

TRICKY = st.text(alphabet=st.sampled_from(list("ab *_[]()<>`~#+-.!1&;:\\/{}|\n")), max_size=30)


def shown(markdown: str) -> tuple[str, set[str]]:
    """Give the text that a Markdown reader shows, and the kinds of markup it saw."""
    text, kinds = "", set()
    for block in MARKDOWN.parse(markdown):
        kinds.add(block.type)
        for child in block.children or ():
            kinds.add(child.type)
            text += "\n" if child.type in ("softbreak", "hardbreak") else child.content
    return text, kinds


@given(TRICKY.map(lambda text: " ".join(text.split())))
def test_escaped_text_shows_as_it_was_written_and_is_no_markup(text: str) -> None:
    """Whatever a line says, Markdown shows the same characters and finds nothing to act on."""
    read, kinds = shown(escaped(text))
    assert kinds <= {"paragraph_open", "paragraph_close", "inline", "text", "text_special"}
    assert read == text


def test_ordinary_text_is_not_touched() -> None:
    """Brackets, dashes and ampersands of prose need no escape and get none."""
    for text in ("pause [until]", "P&L – plan vs. actual (Q3)", "A+B, 50 %", "a < b"):
        assert escaped(text) == text


def test_formulas_of_cards_are_broken() -> None:
    """{{DATE(…)}} would be replaced by the client, so its braces are kept apart."""
    assert "{{" not in plain("on {{DATE(2026-01-01T00:00:00Z, SHORT)}} at {{ time(x)}}")
    assert plain("{{name}}") == "{{name}}"


def test_columns_stay_aligned() -> None:
    """Runs of spaces and indentation survive a client that folds spaces; single spaces stay breakable."""
    nbsp = "\N{NO-BREAK SPACE}"
    assert (
        aligned("Freight   48\n  by air\tx")
        == f"Freight{nbsp}{nbsp} 48\n{nbsp}{nbsp}by air{nbsp}{nbsp}{nbsp} x"
    )


def test_shortened_text_says_so() -> None:
    """What is cut ends in an ellipsis and has the asked length at most."""
    assert shortened("abc", 3) == "abc"
    assert shortened("abcd", 3) == "ab…"
