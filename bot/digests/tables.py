"""A digest as a table: CSV with a row for each figure, and a workbook with a sheet for each part."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

import xlsxwriter
from pydantic import JsonValue

from bot.digests.telling import Reader, headline, marks, moved, sections, title, wanting
from bot.measurement.digest import Digest
from bot.privacy.cells import safe

COLUMNS = (
    "week", "group", "part", "program", "name", "tool", "evidence", "horizon_days", "figure", "value",
    "suppressed",
)  # fmt: skip

_ABOUT = ("program", "tool", "evidence", "horizon_days")
_NAMES = ("id", "month", "wave")
_LISTS = (
    "adoption", "targets", "frequency", "first_week", "retention", "use_cases", "fluency", "waves",
)  # fmt: skip
_SINGLE = ("people", "confidence", "minutes_saved", "manager", "nudges", "reach")


def as_csv(digest: Digest) -> bytes:
    """Write every figure as a row of its own, so that any spreadsheet can turn it as it likes.

    A figure that is held back or not known has an empty value. It begins with a byte order mark, by which
    Excel knows UTF-8.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in _figures(digest.data()):
        writer.writerow([digest.week, safe(str(digest.group)), *row])
    return out.getvalue().encode("utf-8-sig")


def _figures(data: Mapping[str, JsonValue]) -> Iterator[list[object]]:
    for part in _LISTS:
        rows = data[part]
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, Mapping):
                yield from _row(part, row)
    for part in _SINGLE:
        row = data[part]
        if isinstance(row, Mapping):
            yield from _row(part, row)
    gap = data["perception_gap"]
    if isinstance(gap, Mapping):
        yield from _row("perception_gap", {name: x for name, x in gap.items() if not isinstance(x, Mapping)})
        for who in ("hr", "learners"):
            said = gap[who]
            if isinstance(said, Mapping):
                yield from _row("perception_gap", {"id": who, "evidence": gap["evidence"], **said})


def _row(part: str, row: Mapping[str, JsonValue]) -> Iterator[list[object]]:
    program, tool, evidence, horizon = (row.get(name) for name in _ABOUT)
    about = [row[name] for name in _NAMES if row.get(name) is not None]
    if part == "retention":
        about.append(f"week {row['week']}")
    name = " ".join(map(str, about))
    first = [part, _text(program), safe(name), _text(tool), _text(evidence), horizon]
    suppressed = bool(row.get("suppressed"))
    for figure, value in row.items():
        if figure in (*_ABOUT, *_NAMES, "suppressed", "repeated_from", "complete_through"):
            continue
        if isinstance(value, list | Mapping) or (part == "retention" and figure == "week"):
            continue
        written = _text(value) if isinstance(value, str) else value
        yield [*first, figure, "" if written is None else written, suppressed and value is None]


def _text(value: JsonValue) -> str:
    return "" if value is None else safe(str(value))


def as_xlsx(digest: Digest, reader: Reader) -> bytes:
    """Write a workbook: the page with what is to be said, then a sheet for each part.

    Text is written as text and numbers as numbers: nothing in it is ever a formula.
    """
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        book.set_properties({"title": title(digest, reader), "company": reader.organization})
        page = book.add_worksheet("Digest")
        page.set_column(0, 0, 110, wrapped)
        lines = _page(digest, reader)
        for number, (line, is_heading) in enumerate(lines):
            page.write_string(number, 0, safe(line), bold if is_heading else wrapped)
        for heading, rows in sections(digest, reader.tools):
            sheet = book.add_worksheet(_sheet_name(heading, book.sheetnames))
            sheet.freeze_panes(1, 0)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    number_ = _number(cell) if at else None
                    if number_ is None:
                        sheet.write_string(at, column, safe(cell), bold if at == 0 else None)
                    else:
                        sheet.write_number(at, column, number_)
            sheet.autofit()
        figures = book.add_worksheet("Figures")
        figures.freeze_panes(1, 0)
        for column, name in enumerate(COLUMNS):
            figures.write_string(0, column, name, bold)
        for at, row_ in enumerate(_figures(digest.data()), 1):
            for column, value in enumerate([digest.week, safe(str(digest.group)), *row_]):
                _write(figures, at, column, value)
        figures.autofit()
    return out.getvalue()


def _write(sheet: xlsxwriter.worksheet.Worksheet, row: int, column: int, value: object) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    elif value not in (None, ""):
        sheet.write_string(row, column, str(value))


def _page(digest: Digest, reader: Reader) -> Iterator[tuple[str, bool]]:
    yield title(digest, reader), True
    yield headline(digest, reader.tools), False
    yield from ((line, False) for line in marks(digest))
    for heading, lines in (
        ("What moved", moved(digest, reader.tools)),
        ("Where help is needed", wanting(digest, reader.tools)),
        ("What is not known, and why", digest.notes),
        ("What the figures mean", [f"{name}: {said}" for name, said in digest.definitions.items()]),
    ):
        yield heading, True
        yield from ((line, False) for line in lines)


def _sheet_name(heading: str, taken: Mapping[str, object]) -> str:
    """Make a name that Excel takes: at most 31 characters, none of its signs, none twice."""
    plain = "".join("" if char in "[]:*?/\\“”" else char for char in heading).strip("'")
    name = plain[:31].rstrip(" ,.")
    return name if name not in taken else f"{name[:28]} {len(taken)}"


def _number(cell: str) -> float | None:
    """Return a cell's number, None where it is words; a share stays as it is read."""
    try:
        return float(cell.replace(",", ""))
    except ValueError:
        return None
