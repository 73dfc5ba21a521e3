"""The roster as a file: what is read of it, and what is said of each bad line."""

import io
import tracemalloc
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cohorts.cells import checks
from bot.cohorts.roster import LARGEST, Line, read_roster
from bot.tabular import LONGEST_LINE, MOST_FINDINGS, Finding
from lessons.catalogue import Catalogue, Industry
from tests.world import make_catalogue

CATALOGUE = make_catalogue()
RULES = checks(
    Catalogue(
        CATALOGUE.organization,
        CATALOGUE.tools,
        CATALOGUE.job_families,
        industries={"banking": Industry(name="Banking")},
    )
)


def found(text: str | bytes) -> list[Line | Finding]:
    """Read a roster."""
    return [*read_roster(io.BytesIO(text.encode() if isinstance(text, str) else text), RULES)]


def findings(text: str | bytes) -> list[str]:
    """Give what is wrong with a roster, as it is printed."""
    return [str(each) for each in found(text) if isinstance(each, Finding)]


def said(column: str, cell: str) -> str | list[str]:
    """Give what a cell is read as, or what is wrong with it."""
    row = '"' + cell.replace('"', '""') + '"'
    [each] = found(f"person,{column}\nE-1,{row}\n")
    return each.said[column] if isinstance(each, Line) else [each.problem]


# ---------------------------------------------------------------- what is well


def test_every_column_is_read() -> None:
    """Each column comes in the form that is stored, and any column after person may be missing."""
    columns = ",".join(RULES)
    cells = (
        "E-1,Ann@Example.com,Ann  Lee,Finance Analyst,banking,Blue,champion;Manager,E-2,Berlin,1,berlin,de,"
        "ChatGPT;copilot,2026-01-01,2026-12-31,u012abc,6F9619FF-8B86-D011-B42D-00C04FC964FF"
    )
    assert found(f"{columns}\n{cells}\n") == [
        Line(
            2,
            "E-1",
            {
                "email": "ann@example.com",
                "name": "Ann Lee",
                "job_family": "finance",
                "industry": "banking",
                "cohort": "Blue",
                "role": "champion;manager",
                "manager": "E-2",
                "location": "Berlin",
                "wave": "1",
                "time_zone": "Europe/Berlin",
                "country": "DE",
                "tools": "copilot;chatgpt",
                "starts_on": "2026-01-01",
                "ends_on": "2026-12-31",
                "slack_user": "U012ABC",
                "teams_user": "6f9619ff-8b86-d011-b42d-00c04fc964ff",
            },
        )
    ]
    assert found("person\nE-1\n") == [Line(2, "E-1", {})]


ROWS = "person{0}job_family{0}tools\nZoë{0}finance{0}copilot\n"
READ = [Line(2, "Zoë", {"job_family": "finance", "tools": "copilot"})]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_shapes_that_programs_write_are_read(delimiter: str, encoding: str, end: str) -> None:
    """Commas, semicolons or tabs; UTF-8, or UTF-16 with its mark; any end of a line."""
    text = ROWS.format(delimiter).replace("\n", end)
    plain = encoding.removesuffix("-bom")
    raw = ("\ufeff" + text if plain != encoding else text).encode(plain)
    assert found(raw) == READ


def test_excels_word_for_the_delimiter_is_heard() -> None:
    """A first line `sep=;` names the delimiter and is no header."""
    assert found("sep=;\r\nperson;cohort\r\nE-1;a,b\r\n") == [Line(3, "E-1", {"cohort": "a,b"})]


def test_a_header_is_read_as_people_write_it() -> None:
    """Capitals, spaces, hyphens and the order of columns do not matter; empty lines are passed over."""
    assert found("\n Job Family ,Time-Zone,PERSON\n\nfinance,UTC,E-1\n,,\n") == [
        Line(4, "E-1", {"job_family": "finance", "time_zone": "UTC"})
    ]


def test_lines_are_counted_over_breaks_in_cells() -> None:
    """A cell of several lines counts as many, so that what comes after is named rightly."""
    text = 'person,name\nE-1,"Ann\nLee"\nE-2,=1+1\n'
    assert found(text)[0] == Line(2, "E-1", {"name": "Ann Lee"})
    assert findings(text) == ["4: name: “=1+1” begins like a formula, and no formula is read"]


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("tools", "", ""),
        ("tools", " copilot , chatgpt;copilot;", "copilot;chatgpt"),
        ("role", "learner", ""),
        ("role", "Admin", "admin"),
        ("country", "uk", "GB"),
        ("country", "XK", "XK"),
        ("time_zone", "Europe/Lisbon", "Europe/Lisbon"),
        ("teams_user", "29:1AbC-x_", "29:1AbC-x_"),
        ("starts_on", "2028-02-29", "2028-02-29"),
        ("name", "Zoe\u0308", "Zoë"),
        ("name", "-", "-"),
        ("location", "a\u00a0\u2003b", "a b"),
    ],
)
def test_a_cell_is_stored_in_one_form(column: str, cell: str, expected: str) -> None:
    """However a thing is written, it is stored the same way, so that nothing changes where nothing did."""
    assert said(column, cell) == expected


# ---------------------------------------------------------------- what is not

KEY = "0a" * 13
LOST = "it holds �: a character was lost when the file was saved"
QUOTED = "a quotation mark stands inside of a cell; double it, and put the cell in quotation marks"


@pytest.mark.parametrize(
    ("column", "cell", "problem"),
    [
        ("job_family", "finanse", "lessons.yaml has no job family “finanse”; did you mean finance?"),
        ("job_family", "zzz", "lessons.yaml has no job family “zzz”"),
        ("industry", "bankin", "lessons.yaml has no industry “bankin”; did you mean banking?"),
        ("tools", "copilot;chatgtp", "lessons.yaml has no tool “chatgtp”; did you mean chatgpt?"),
        ("role", "champoin", "“champoin” is no role; did you mean champion?"),
        ("role", "x", "“x” is no role: learner, champion, manager, hr, lnd, admin"),
        ("country", "Germany", "“Germany” is no country; write its two letters (ISO 3166-1), such as DE"),
        ("country", "QQ", "“QQ” is no country; write its two letters (ISO 3166-1), such as DE"),
        (
            "time_zone",
            "Berln",
            "“Berln” is no time zone or big city that Laps knows. Did you mean Europe/Berlin?",
        ),
        ("email", "ann@", "“ann@” is no e-mail address"),
        ("slack_user", "@ann", "“@ann” begins like a formula, and no formula is read"),
        ("slack_user", "ann", "“ann” is no Slack user id, such as U012ABC"),
        ("teams_user", "ann", "“ann” is no Teams user: neither 29:… nor an Entra object id"),
        ("starts_on", "01.11.2026", "“01.11.2026” is no day; write it as 2026-11-01"),
        ("ends_on", "2026-02-29", "“2026-02-29” is no day of the calendar; write it as 2026-11-01"),
        ("ends_on", "2206-02-28", "“2206-02-28” is not between 1950 and 2100"),
        ("location", "a\x07b", "it holds a control character"),
        ("location", "x" * 101, "it has 101 characters, and 100 are the most"),
        ("location", "\ufffd", LOST),
        ("manager", "E-1", "nobody is their own manager"),
        ("name", "=cmd|'/c calc'!A0", "“=cmd|'/c calc'!A0” begins like a formula, and no formula is read"),
        ("name", " +1", "“+1” begins like a formula, and no formula is read"),
        ("cohort", "-1+1", "“-1+1” begins like a formula, and no formula is read"),
        ("cohort", "＝1", "“＝1” begins like a formula, and no formula is read"),
    ],
)
def test_a_bad_cell_is_told(column: str, cell: str, problem: str) -> None:
    """Each says what is wrong, and the mend where there is one."""
    assert said(column, cell) == [problem]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["1: the file is empty; its first line names the columns, beginning with person"]),
        ("\n \n", ["1: the file is empty; its first line names the columns, beginning with person"]),
        ("persn,name\n", ["1: no column is called person, and by it people are told apart; is it “persn”?"]),
        ("name\n", ["1: no column is called person, and by it people are told apart"]),
        ("person,person\n", ["1: person: the column is there twice"]),
        ("person,jobfamily\n", ["1: jobfamily: there is no such column; did you mean job_family?"]),
        ("person,cost centre\n", ["1: cost_centre: there is no such column; it is passed over"]),
        (
            "person,name\nE-1\nE-2,a,b\n",
            ["2: it has 1 cell, and the first line has 2", "3: it has 3 cells, and the first line has 2"],
        ),
        ("person,name\n,a\n", ["2: person: it is empty"]),
        ("person\nE-1\nE-2\ne-1\n", ["4: person: “e-1” stands in line 2 already"]),
        ("person,email\nE-1,a@b.de\nE-2,A@B.DE\n", ["3: email: “a@b.de” stands in line 2 already"]),
        (
            f"person\n{KEY}\n",
            [f"2: person: “{KEY}” looks like a learner's key; use what your people are known by"],
        ),
        ("person\nE\u200b1\n", ["2: person: it holds a character that cannot be seen"]),
        (
            "person,starts_on,ends_on\nE-1,2026-02-02,2026-02-01\n",
            ["2: ends_on: 2026-02-01 is before 2026-02-02, when they start"],
        ),
        ('person,name\nE-1,a"b"\nE-2,"a"b\n', [f"3: {QUOTED}"]),
        ('person,name\nE-1,"never closed\nE-2,b\n', ["2: a quotation mark is opened and never closed"]),
        ('person,name\nE-1,"' + "x\n" * 70_000, ["2: a quotation mark is opened and never closed"]),
        (b"person\nE\x00\n", ["2: it holds a NUL; if the file is UTF-16, save it as UTF-8"]),
        (
            b"person,name\nE-1,M\xfcller\n",
            ["2: the byte 0xFC in it is not UTF-8; save the file as “CSV UTF-8”"],
        ),
        (b"p\xe9rson\n", ["1: the byte 0xE9 in it is not UTF-8; save the file as “CSV UTF-8”"]),
        ("person\nE".encode("utf-16-le"), ["1: it holds a NUL; if the file is UTF-16, save it as UTF-8"]),
        ("person\nE-1\n".encode("utf-16") + b"x", [f"3: person: {LOST}"]),
        ("\ufeffperson".encode("utf-32-le"), ["1: this is UTF-32; save it as UTF-8"]),
        (b"PK\x03\x04rest", ["1: this is an Excel workbook or an archive; save it as “CSV UTF-8”"]),
        ("person\n" + "x" * (LONGEST_LINE + 1), [f"2: a line of more than {LONGEST_LINE:,} characters"]),
    ],
)
def test_a_bad_file_is_told_by_line(text: str | bytes, told: list[str]) -> None:
    """What is wrong with a file is said with its line, and nothing of such a line is taken in."""
    assert findings(text) == told


def test_all_of_a_line_is_told_at_once() -> None:
    """Nobody mends a file one cell a time."""
    assert findings("person,job_family,country\nE-1,x,y\nE-2,z,DE\n") == [
        "2: job_family: lessons.yaml has no job family “x”",
        "2: country: “y” is no country; write its two letters (ISO 3166-1), such as DE",
        "3: job_family: lessons.yaml has no job family “z”",
    ]


def test_a_file_that_is_no_roster_ends_soon() -> None:
    """After so many findings the rest of a file is not read."""
    told = findings("person,country\n" + "".join(f"E-{n},nowhere\n" for n in range(5_000)))
    assert len(told) == MOST_FINDINGS + 1
    assert told[-1].endswith(f"{MOST_FINDINGS} findings; the rest of the file was not read")


class Endless(io.RawIOBase):
    """A file that says how large it is, and of which nothing is read."""

    def seek(self, offset: int, whence: int = 0) -> int:
        return LARGEST + 1

    def tell(self) -> int:
        return LARGEST + 1


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    """More than 100 MB is told at once."""
    [told] = read_roster(Endless(), RULES)  # type: ignore[arg-type]  # as much of a file as is asked for
    assert str(told) == "1: the file has more than 100 MB"


def test_a_large_file_streams_by() -> None:
    """Of a file of 8 MB no more is in memory at once than what tells people apart."""
    rows = "".join(f"E-{n},{'x' * 90},{'y' * 90},{'z' * 90}\n" for n in range(30_000))
    raw = io.BytesIO(f"person,name,location,cohort\n{rows}".encode())
    tracemalloc.start()
    lines = sum(1 for _ in read_roster(raw, RULES))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lines == 30_000 and most < 8_000_000 < raw.getbuffer().nbytes


def test_the_file_stays_open() -> None:
    """A file can be read once more, from its first byte."""
    raw = io.BytesIO(b"person\nE-1\n")
    assert [*read_roster(raw, RULES)] == [*read_roster(raw, RULES)] == [Line(2, "E-1", {})]


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_whatever_comes_is_read_or_told(raw: bytes) -> None:
    """No bytes end the reading in any other way than lines and findings."""
    for each in found(raw) + found(b"person,name,tools\n" + raw):
        assert isinstance(each, Line | Finding)
        assert isinstance(each, Finding) or each.person


CELLS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20).filter(
    lambda text: text[0] not in "=+-@＝＋－＠﹢﹣﹦⁺⁻⁼₊₋₌﬩﹫" and "\ufffd" not in text
)


@given(
    st.dictionaries(
        st.from_regex(r"E-[0-9]{1,6}", fullmatch=True),
        st.fixed_dictionaries({"cohort": CELLS, "location": CELLS}),
        max_size=20,
    )
)
def test_what_is_written_is_read(people: Mapping[str, Mapping[str, str]]) -> None:
    """A roster that a program writes comes back person by person, and reading it twice gives the same."""
    quoted = [[name, *facts.values()] for name, facts in people.items()]
    rows = "".join(",".join('"' + c.replace('"', '""') + '"' for c in row) + "\r\n" for row in quoted)
    lines = found(f"person,cohort,location\r\n{rows}")
    assert lines == found(f"person,cohort,location\r\n{rows}")
    names = [each.person for each in lines if isinstance(each, Line)]
    assert names == [*people]
