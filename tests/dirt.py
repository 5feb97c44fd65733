"""Kinds of dirt that tables have: what a file holds, and what becomes of it. The tests and docs/dirt.md read this one list."""

import gzip
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import minigraph as mg

ROWS = """31,Rome,1.5,yes
42,Oslo,2.5,no
25,Rome,3.5,yes
57,Oslo,4.5,no
38,Rome,0.5,yes
29,Bern,1.25,no
44,Oslo,2.25,yes
61,Bern,3.75,no
"""
HEADER = "age,city,width,bought\n"
TABLE = HEADER + ROWS
CLEAN = "age, width: number. city: 3 categories"


@dataclass(frozen=True)
class Dirt:
    """A kind of dirt: a file, what a page shows of it, and what becomes of it, an empty text where it is refused.

    `values` are those of the column c in the order of the file. `needs` is the module that reads the file.
    """

    name: str
    content: bytes | Callable[[], bytes]
    shown: str
    becomes: str = ""
    values: Sequence[float] | None = None
    file: str = "rows.csv"
    drop: Sequence[str] = ()
    needs: str = ""
    only: str = ""
    """The column of which it is said what becomes of it, rather than of all."""
    decimal: str = ""
    """What is said of how fractions are written, if anything."""

    def write(self, folder: Path) -> None:
        """Write the file, or make the folder that it is."""
        if self.file == FOLDER:
            (folder / self.file).mkdir()
        else:
            (folder / self.file.replace(MISSING, "rows.csv")).write_bytes(
                self.content() if callable(self.content) else self.content
            )


FOLDER, MISSING = "tables", "row.csv"
KINDS: dict[str, list[Dirt]] = {}


def _kinds(section: str) -> tuple[Callable[..., None], Callable[..., None]]:
    """How kinds of a section are listed: as a whole file, or as the cells of a column between a number and the label."""
    listed = KINDS.setdefault(section, [])

    def whole(name: str, content: Any, shown: str, becomes: str = "", **more: Any) -> None:
        listed.append(Dirt(name, content.encode() if isinstance(content, str) else content, shown, becomes, **more))

    def column(
        name: str, cells: str, becomes: str = "", values: Any = None, rows: int = 12, called: str = "c", decimal: str = ""
    ) -> None:
        each = cells.split("|")
        many = (each * rows)[: max(rows, len(each))]
        written = '"{}"' if decimal == "," else "{}"
        firsts = [written.format(f"{1.5 * i * i + 0.25}".replace(".", decimal or ".")) for i in range(len(many))]
        lines = [f"{firsts[i]},{cell},{['no', 'yes'][i // 2 % 2]}" for i, cell in enumerate(many)]
        content = "\n".join([f"n,{called},y", *lines, ""])
        shown = ", ".join(f"`{cell}`" for cell in each[:3])
        listed.append(Dirt(name, content.encode(), shown, becomes, values, only=called, decimal=decimal))

    return whole, column


def zipped(files: Mapping[str, str]) -> bytes:
    """A zip archive of these files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


whole, column = _kinds("The file")
whole("a byte-order mark", b"\xef\xbb\xbf" + TABLE.encode(), "EF BB BF before the first name", CLEAN)
whole("UTF-16", TABLE.encode("utf-16"), "Excel's “Unicode text”")
whole("UTF-16 without a mark", TABLE.encode("utf-16-le"), "`a\\0g\\0e\\0`")
whole("Windows-1252 or Latin-1", TABLE.replace("Rome", "Köln").encode("cp1252"), "`Köln` as bytes 4B F6 6C 6E")
whole(
    "the same, with line ends of an old Mac",
    TABLE.replace("Rome", "Köln").replace("\n", "\r").encode("cp1252"),
    "`\\r`",
)
whole(
    "letters lost or doubled by another encoding",
    TABLE.replace("Rome", "KÃ¶ln"),
    "`KÃ¶ln`",
    f"{CLEAN}. Note: city: 'KÃ¶ln' was 'Köln', read in another encoding, when the table was saved. "
    "Save it as UTF-8 from where it came",
)
whole("null characters", TABLE.replace("Oslo", "Os\0lo"), "`Os\\0lo`")
whole(
    "line ends of Windows, of an old Mac, mixed",
    (HEADER.replace("\n", "\r\n") + ROWS[:48].replace("\n", "\r") + ROWS[48:]),
    "`\\r\\n`, `\\r`",
    CLEAN,
)
whole("a file that is not there", TABLE, "`row.csv` for `rows.csv`", file=MISSING)
whole("a folder", "", "`tables/`", file=FOLDER)
whole("nothing", "", "0 bytes")
whole("nothing but blank lines", "\n\n  \n", "`\\n\\n`")
whole("a header alone", HEADER, "`age,city,width,bought`")
whole("compressed by gzip", gzip.compress(TABLE.encode(), mtime=0), "`rows.csv.gz`", CLEAN, file="rows.csv.gz")
whole("compressed by gzip, not called so", gzip.compress(TABLE.encode(), mtime=0), "`rows.csv`")
whole("a zip archive", zipped({"rows.csv": TABLE}), "`rows.csv.zip`", file="rows.csv.zip")
whole("a web page", "\n<!DOCTYPE html><html><table>", "`<!DOCTYPE html>`")
whole("JSON", '[{"age": 31, "bought": "yes"}]', '`[{"age": 31`')
whole("an Excel workbook called .csv", zipped({"xl/workbook.xml": ""}), "`PK…xl/workbook.xml`")
whole("a Parquet file called .csv", b"PAR1" + b"\0" * 40 + b"PAR1", "`PAR1`")
whole("a CSV file called .xlsx", TABLE, "`rows.xlsx`", file="rows.xlsx")

whole, column = _kinds("Header and lines")
whole(
    "no header",
    ROWS,
    "`31,Rome,1.5,yes`",
    "column 1, column 3: number. column 2: 3 categories",
)
whole("no header, of text alone", "Rome,red,yes\nOslo,blue,no\nRome,blue,yes\nOslo,red,no\n", "`Rome,red,yes`")
whole("a title above the header", "Sales 2024\n\n" + TABLE, "`Sales 2024`")
whole("comments above the header", "# exported by hand\n" + TABLE, "`# exported by hand`")
whole("a title with its separators", "Sales 2024,,,\n" + TABLE, "`Sales 2024,,,`")
whole("Excel's own line of the separator", "sep=;\n" + TABLE.replace(",", ";"), "`sep=;`", CLEAN)
whole("two lines of header", HEADER + "years,name,cm,yes/no\n" + ROWS, "`years,name,cm,yes/no`")
whole("the header again", TABLE[:60] + TABLE[60:].replace("38,", HEADER + "38,"), "two files joined")
whole("two columns of one name", TABLE.replace("width", "age"), "`age,city,age,bought`")
whole("a column without a name", TABLE.replace("city", ""), "`age,,width,bought`", "age, width: number. column 2: 3 categories")
whole(
    "names with spaces, line breaks, emoji",
    TABLE.replace("age,city,width", '" age ","the\ncity",📏'),
    "`📏`",
    "age, 📏: number. the\ncity: 3 categories",
)
whole(
    "names such as x, y and loss",
    TABLE.replace("age,city,width,bought", "x,loss,Tanh,y"),
    "`x,loss,Tanh,y`",
    "x, Tanh: number. loss: 3 categories",
)
whole(
    "a separator at the end of each line",
    TABLE.replace("\n", ",\n"),
    "`31,Rome,1.5,yes,`",
    f"{CLEAN}. column 5: left out: no training row has a value",
)
whole("a separator at the end of rows alone", HEADER + ROWS.replace("\n", ",\n"), "`31,Rome,1.5,yes,`")
whole("a row that is too short", TABLE.replace("42,Oslo,2.5,no", "42,Oslo"), "`42,Oslo`")
whole("a row that is too long", TABLE.replace("Oslo,2.5", "Oslo, Norway,2.5"), "`42,Oslo, Norway,2.5,no`")
whole("a row in other separators", TABLE.replace("42,Oslo,2.5,no", "42;Oslo;2.5;no"), "`42;Oslo;2.5;no`")
whole("columns parted by spaces", TABLE.replace(",", " "), "`31 Rome 1.5 yes`")
whole("blank lines", TABLE.replace("42,", "\n\n42,"), "an empty line", CLEAN)
whole(
    "lines of separators alone",
    TABLE.replace("42,", ",,,\n42,") + ",,,\n",
    "`,,,`",
    f"{CLEAN}. Note: 2 lines hold nothing but separators, and no row: line 3 and 11",
)
whole(
    "lines of separators among numbers",
    "a,b,y\n1,2.5,0\n3,4.5,1\n,,\n5,1.5,0\n7,3.25,1\n",
    "`,,`",
    "a, b: number. Note: 1 line holds nothing but separators, and no row: line 4",
)
whole(
    "a blank among numbers, in a row for validation",
    "a,b,y\n1,2.5,0\n3,4.5,1\n5,,0\n7,3.25,1\n",
    "`5,,0`",
    "a, b: number. Note: b: 1 blank, as in no training row: filled by the median",
)
whole(
    "a line of totals",
    TABLE + "327,Total,19.25,\n",
    "`327,Total,19.25,`",
    f"{CLEAN}. Note: 1 row without a label is left out, in line 10",
)
whole("a remark below the rows", TABLE + "8 rows\n", "`8 rows`")

whole, column = _kinds("Quotes and cells")
whole("a quote in quotes", TABLE.replace("Rome", '"Ro""me"'), '`"Ro""me"`', CLEAN)
whole("a quote with a backslash", TABLE.replace("Rome", '"Ro\\"me"'), '`"Ro\\"me"`')
whole("a separator in quotes", TABLE.replace("Rome", '"Rome, Italy"'), '`"Rome, Italy"`', CLEAN)
whole(
    "a line break in quotes",
    TABLE.replace("Rome", '"Rome\nItaly"'),
    "a cell over two lines",
    f"{CLEAN}. Note: city: a cell goes over several lines, 'Rome\\nItaly'. Is a quote left open?",
)
whole("a quote that is left open", TABLE.replace("25,Rome", '25,"Rome'), '`25,"Rome,3.5,yes`')
whole("apostrophes for quotes", TABLE.replace("Rome", "'Rome, Italy'"), "`'Rome, Italy'`")
whole("a cell of a megabyte", TABLE.replace("Bern", "B" * 1_000_000, 1), "`BBBB…`")
column("spaces around, also those that do not break", " 1 |2\u00a0|\u2003 3|4", "c: number", (1, 2, 3, 4))
column("signs that nobody sees", "1\u200b|\ufeff2|3|4", "c: number", (1, 2, 3, 4))

whole, column = _kinds("Numbers")
column("exponents", "1e5|2E-3|3.5e+2|-4.", "c: number", (1e5, 0.002, 350, -4))
column("a decimal comma", '"1,5"|"22,25"|"3"', "c: number, written as 1234,5", (1.5, 22.25, 3))
column(
    "points between thousands, and decimal commas",
    '"1.200"|"950,5"|"1.234.567"',
    "c: number, written as 1.234,5",
    (1200, 950.5, 1234567),
)
column("commas between thousands", '"1,200"|"950.5"|"1,234,567"', "c: number, written as 1,234.5", (1200, 950.5, 1234567))
column(
    "spaces or apostrophes between thousands",
    "1\u202f200|950.5|1 234 567",
    "c: number, written as 1 234.5",
    (1200, 950.5, 1234567),
)
column("a point that may stand between thousands", "1.200|950|2.500")
column("the same, with --decimal ,", "1.200|950|2.500", "c: number, written as 1.234,5", (1200, 950, 2500), decimal=",")
column("the same, with --decimal .", "1.200|950|2.500", "c: number, written as 1,234.5", (1.2, 950, 2.5), decimal=".")
column("a comma that may be decimal", '"1,200"|"1,350"|"2,500"')
column(
    "the same commas, with --decimal ,",
    '"1,200"|"1,350"|"2,500"',
    "c: number, written as 1.234,5",
    (1.2, 1.35, 2.5),
    decimal=",",
)
column("a fraction otherwise than --decimal , says", '"1.200"|"950,5"|7.25', decimal=",")
column("two ways to write a fraction", '1.5|22.25|3.75|"4,5"')
column("a currency", '"$1,200"|$950.50|-$3', "c: number, written as 1,234.5, in $", (1200, 950.5, -3))
column("per cent", "12%|7.5 %|100%", "c: number, in %", (12, 7.5, 100))
column("a unit", "12 kg|7.5 kg|3kg", "c: number, in kg", (12, 7.5, 3))
column("two units", "12 kg|7 kg|500 g")
column("a unit that some lack", "12 kg|7 kg|8 kg|9")
column("a minus sign of a text program", "−1|–2|3", "c: number", (-1, -2, 3))
column("negative numbers in brackets, or with the minus behind", "1|2|3|(4)")
column("digits of other scripts", "１２|٣|4.5", "c: number", (12, 3, 4.5))
column("infinity", "1|2|inf")
column("hexadecimal digits", "0x1F|0x20|0xFF", "c: 3 categories")
column("zeros in front", "02134|10115|00501", "c: 3 categories")
column("telephone numbers", "+390612345|+390612346|+442071234", "c: 3 categories")
column("more digits than a number keeps", "9007199254740993|9007199254740995")
column("more digits than a number keeps, and a point", "9007199254740993.0|9007199254740995.0")
column(
    "identifiers that Excel has shortened",
    "1.23457E+15|1.23458E+15",
    "c: number. Note: c: 1.23457E+15 is a longer number that has lost digits, as Excel shows it. Save the column as text",
)
column(
    "blanks by many names",
    r"3|NA|n/a|?|3|#N/A|NULL|.|5|\N|nan|-",
    "c: number; blanks → median 3, and a feature that tells them",
    (3, 3, 3, 3, 3, 3, 3, 3, 5, 3, 3, 3),
    rows=36,
)
column(
    "−999 for a blank",
    "1|2|-999|4",
    "c: number. Note: c: -999 is taken as a number. Leave the cell empty where it stands for a blank",
)
column("a word among numbers", "1|2|3|red")
column("as many words as numbers", "1|2|red|blue", "c: 4 categories")
column(
    "more digits after the point than a number keeps",
    "0.12345678901234567890123456789|2",
    "c: number",
    (0.12345678901234568, 2),
)

whole, column = _kinds("Dates and times")
DAYS = "date → 4 features: year, month, weekday, days since"
column("years first", "2024-01-31|2024-02-01", f"c: {DAYS} 2024-01-31")
column("days first", "31.12.2024|1.2.2024", f"c: {DAYS} 2024-02-01")
column("days or months first, which nothing tells", "03/04/2024|05/06/2024")
column("days first and months first", "31/12/2024|12/31/2024")
column("several ways in one column", "2024-01-31|2024-02-01|3.2.2024")
column("years of two digits", "31/12/24|01/02/23")
column("months in words", "31 March 2024|1 Apr 2024")
column("a clock of twelve hours", "3/31/2024 5:30 PM|3/30/2024 8:15 AM")
column("months without days", "2024-01|2024-02")
column("times without days", "12:30|08:15")
column("days that there are not", "2024-02-28|2024-02-29|2024-02-30")
column("time zones", "2024-01-01T00:00:00Z|2024-01-01T06:00:00+02:00", f"c: {DAYS} 2024-01-01")
column(
    "time zones that some lack",
    "2024-01-01T00:00:00Z|2024-01-02 12:00",
    f"c: {DAYS} 2024-01-01. Note: c: some times name their zone, and others do not, which are taken for UTC",
)
column(
    "dates of digits alone",
    "20240131|20240201",
    "day: number. Note: day: numbers such as 20240131 are dates. Take them as such with --dates day",
    called="day",
)
column(
    "dates as Excel counts days",
    "45322|45323",
    "date: number. Note: date: 45322 may be a date as Excel counts days, and is taken as a number. Save it as 2024-03-31",
    called="date",
)

whole, column = _kinds("Categories and columns")
column(
    "capitals and spaces",
    "Rome|rome|Oslo|ROME",
    "c: 4 categories. Note: c: 'ROME', 'Rome' and 'rome' are values of their own. Write alike what is the same",
)
column(
    "an accent as a sign of its own",
    "Köln|Ko\u0308ln|Oslo",
    "c: 3 categories. Note: c: 'Ko\\u0308ln' and 'K\\xf6ln' are values of their own. Write alike what is the same",
)
column(
    "yes in several words",
    "True|yes|1|no",
    "c: 4 categories. Note: c: '1', 'True' and 'yes' are values of their own. Write alike what is the same",
)
column("NA that may be Namibia", "NA|NO|IT", "c: 3 categories")
column("more than 50 texts", "|".join(f"t{i % 70}" for i in range(140)))
column("a text of its own in each row", "|".join(f"user{i}" for i in range(40)))
column(
    "an identifier",
    "|".join(str(7 * i % 97 + 1000) for i in range(40)),
    "user_id: number. Note: user_id: a number of its own in each row tells nothing of other rows. Leave it out with --drop",
    called="user_id",
)
column(
    "a number for each row",
    "|".join(map(str, range(1, 41))),
    "id: left out: it numbers the rows (called otherwise, it is a feature)",
    called="id",
)
column("one value alone", "7|7", "c: number. Note: c: the same in all rows, and nothing to learn from")
column("nothing but blanks", "|", "c: left out: no training row has a value")
column(
    "a copy of the label",
    "a|a|b|b",
    "c: 2 categories. Note: c tells the label of every row: leave out with --drop what is not known before the label is",
    rows=40,
)
column(
    "blank where the label is no",
    "||3|4",
    "c: number; blanks → median 3.5, and a feature that tells them. Note: c tells the label "
    "of every row: leave out with --drop what is not known before the label is",
)
whole(
    "rows that are there twice",
    HEADER + ROWS * 3,
    "each row three times",
    f"{CLEAN}. Note: 3 of 6 rows for validation are also among those for training, with the same label: "
    "where these are copies, remove them, as they flatter the figures",
)

whole, column = _kinds("Labels")
whole(
    "rows without a label",
    TABLE.replace("4.5,no", "4.5,").replace("1.25,no", "1.25,"),
    "`57,Oslo,4.5,`",
    f"{CLEAN}. Note: 2 rows without a label are left out, the first in line 5",
)
whole("no row with a label", TABLE.replace("yes", "").replace("no", ""), "`31,Rome,1.5,`")
whole("a class for some rows alone", TABLE.replace("no\n", "\n"), "`42,Oslo,2.5,`")
whole(
    "NA for a label",
    TABLE.replace("4.5,no", "4.5,NA").replace("1.25,no", "1.25,NA"),
    "`57,Oslo,4.5,NA`",
    f"{CLEAN}. Note: bought: 'NA' is taken for a class. Leave these rows out where it stands for a blank",
)
whole("one class", TABLE.replace("yes", "no"), "`no`, `no`, `no`")
whole(
    "a class of one row",
    TABLE.replace("4.5,no", "4.5,maybe"),
    "`maybe`",
    f"{CLEAN}. Note: bought: the class 'maybe' has one row only",
)
whole(
    "classes that differ in capitals",
    TABLE.replace("4.5,no", "4.5,No").replace("1.25,no", "1.25,No"),
    "`no`, `No`",
    f"{CLEAN}. Note: bought: 'No' and 'no' are values of their own. Write alike what is the same",
)
whole("nearly a class for each row", "size,name\n" + "".join(f"{i},n{i % 55}\n" for i in range(110)), "`n0`, `n1`, …")
whole("one column", "bought\nyes\nno\n", "`bought`")

SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def workbook(*sheets: str) -> Callable[[], bytes]:
    """An Excel workbook of sheets, each in lines of cells with a bar between: #REF! is an error, =A1 a formula, @1 a day."""

    def cell(place: str, text: str) -> str:
        if text.startswith("#"):
            return f'<c r="{place}" t="e"><v>{text}</v></c>'
        if text.startswith("="):
            formula, _, value = text[1:].partition("→")
            return f'<c r="{place}"><f>{formula}</f>{f"<v>{value}</v>" * bool(value)}</c>'
        if text.startswith("@"):
            return f'<c r="{place}" s="1"><v>{text[1:]}</v></c>'
        is_number = text.replace(".", "").isdecimal()
        return f'<c r="{place}"><v>{text}</v></c>' if is_number else f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'

    def sheet(rows: str) -> str:
        rows, _, merged = rows.partition("&")
        lines = [
            f'<row r="{i}">{"".join(cell("ABCDEFG"[j] + str(i), text) for j, text in enumerate(line.split("|")) if text)}</row>'
            for i, line in enumerate(rows.strip().split("\n"), 1)
        ]
        merges = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
        return f'<worksheet xmlns="{SHEET}"><sheetData>{"".join(lines)}</sheetData>{merges}</worksheet>'

    def content() -> bytes:
        numbered = list(enumerate(sheets, 1))
        names = "".join(f'<sheet name="Sheet{i}" sheetId="{i}" r:id="r{i}"/>' for i, _ in numbered)
        links = "".join(f'<Relationship Id="r{i}" Type="{OFFICE}/worksheet" Target="worksheets/{i}.xml"/>' for i, _ in numbered)
        links += f'<Relationship Id="s" Type="{OFFICE}/styles" Target="styles.xml"/>'
        root = f'<Relationship Id="w" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        formats = '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
        return zipped(
            {
                "_rels/.rels": f'<Relationships xmlns="{PACKAGE}">{root}</Relationships>',
                "xl/workbook.xml": f'<workbook xmlns="{SHEET}" xmlns:r="{OFFICE}"><sheets>{names}</sheets></workbook>',
                "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{links}</Relationships>',
                "xl/styles.xml": f'<styleSheet xmlns="{SHEET}">{formats}</styleSheet>',
                **{f"xl/worksheets/{i}.xml": sheet(rows) for i, rows in numbered},
            }
        )

    return content


def parquet(**columns: Any) -> Callable[[], bytes]:
    """A Parquet file of columns beside n and the label y; a pair is values and the name of their type."""

    def content() -> bytes:
        import pyarrow
        from pyarrow import parquet as files

        made = {
            name: pyarrow.array(given[0], getattr(pyarrow, given[1])(*given[2:])) if isinstance(given, tuple) else given
            for name, given in {"n": [1, 5, 9, 12], **columns, "y": ["no", "yes", "no", "yes"]}.items()
        }
        stream = io.BytesIO()
        files.write_table(pyarrow.table(made), stream)
        return stream.getvalue()

    return content


whole, column = _kinds("Workbooks and Parquet files")
excel: Any = {"file": "rows.xlsx", "needs": "python_calamine"}
arrow: Any = {"file": "rows.parquet", "needs": "pyarrow.parquet", "only": "c"}
LINES = "n|c|y\n1|3|no\n\n5|4|yes\n9|6|no\n12|7|yes"
whole(
    "days, blank lines and an empty sheet in a workbook",
    workbook(
        LINES.replace("|3|", "|@45322|").replace("|4|", "|@45323|").replace("|6|", "|@45324|").replace("|7|", "|@45325|"), ""
    ),
    "2024-01-31",
    f"c: {DAYS} 2024-01-31",
    only="c",
    **excel,
)
whole(
    "formulas and what they gave",
    workbook(LINES.replace("|3|", "|=A2+2→3|")),
    "`=A2+2`, 3",
    "c: number",
    values=(3, 4, 6, 7),
    only="c",
    **excel,
)
whole("formulas that were never computed", workbook(LINES.replace("|6|", "|=A5-3|")), "`=A5-3`", **excel)
whole("errors in a workbook", workbook(LINES.replace("|6|", "|#DIV/0!|")), "`#DIV/0!`", **excel)
whole("cells that are merged", workbook(LINES.replace("|7|", "||") + "&B5:B6"), "`B5:B6`", **excel)
whole("several sheets", workbook(LINES, LINES), "`Sheet1`, `Sheet2`", **excel)
whole(
    "decimal numbers, and times in nanoseconds",
    parquet(c=([1706695200000000001] * 2 + [None] * 2, "timestamp", "ns")),
    "`timestamp[ns]`",
    "c: date → 5 features: year, month, weekday, days since 2024-01-31; blanks → medians, and a feature that tells them",
    **arrow,
)
whole("lists in cells", parquet(c=[[1, 2], [3], [], [4]]), "`[1, 2]`", **arrow)
whole(
    "lists in cells of a column that is left out",
    parquet(c=[[1, 2], [3], [], [4]]),
    "`--drop c`",
    "c: left out, as asked",
    drop=("c",),
    **arrow,
)


LEARNED = """age,city,price,day,bought
31,Rome,"1.200,50 €",31.1.2024,yes
42,Oslo,"950,00 €",1.2.2024,no
25,Rome,"1.010,25 €",15.2.2024,yes
57,Oslo,"3,75 €",28.2.2024,no
"""
"""The table of a training after which others come: all that it learned is asked of these."""
FIRST = 'age,city,price,day\n31,Rome,"1.200,50 €",31.1.2024\n'
NEXT: list[Dirt] = []


def _next(name: str, content: str | bytes, shown: str, becomes: str = "") -> None:
    NEXT.append(Dirt(name, content.encode() if isinstance(content, str) else content, shown, becomes, file="next.csv"))


_next(
    "columns in another order, and others",
    'day,note,city,price,age\n31.1.2024,x,Rome,"1.200,50 €",31\n',
    "`day,note,city`",
    "predicted",
)
_next("labels beside the rows", LEARNED, "`bought`", "predicted")
_next("a column that is missing", FIRST.replace(",day", "").replace(",31.1.2024", ""), "`age,city,price`")
_next("a column that is called otherwise", FIRST.replace("city", "City"), "`City`")
_next(
    "no header",
    FIRST.partition("\n")[2],
    "`31,Rome`",
    "predicted. Note: columns are taken in their order, for the table has no header",
)
_next("no rows", FIRST.partition("\n")[0], "`age,city,price,day`")
_next(
    "a value that no training row had",
    FIRST.replace("Rome", "rome"),
    "`rome`",
    "predicted. Note: city: 1 row has what no training row had, 'rome': taken for none of its values",
)
_next(
    "a blank where no training row had one",
    FIRST.replace("31,", ","),
    "`,Rome`",
    "predicted. Note: age: 1 blank, as in no training row: filled by the median",
)
_next("a word for a number", FIRST.replace("31,", "old,"), "`old`")
_next("a number in another notation", FIRST.replace('"1.200,50 €"', "1200.50 €"), "`1200.50 €`")
_next("a number without its unit", FIRST.replace(" €", ""), "`1.200,50`")
_next("a point after whole numbers, in one row", FIRST.replace("31,", "1.200,"), "`1.200,Rome`")
_next("a point after whole numbers, beside one", FIRST + FIRST.partition("\n")[2].replace("31,", "1.200,"), "`31`, `1.200`")
_next(
    "points after whole numbers, in fractions",
    FIRST.replace("31,", "0.125,") + FIRST.partition("\n")[2].replace("31,", "1.200,"),
    "`0.125`, `1.200`",
    "predicted",
)
_next("a fraction after whole numbers", FIRST.replace("31,", "31.5,"), "`31.5`", "predicted")
_next("a zero in front", FIRST.replace("31,", "031,"), "`031`")
_next("a date as 2024-01-31", FIRST.replace("31.1.2024", "2024-01-31"), "`2024-01-31`", "predicted")
_next("a date in another way", FIRST.replace("31.1.2024", "1/31/2024"), "`1/31/2024`")
_next("Windows-1252", FIRST.encode("cp1252"), "€ as byte 80")
_next("a row that is too long", FIRST.replace("Rome", "Rome, Italy"), "`31,Rome, Italy,…`")


def outcome(table: mg.data.Tabular, only: str = "") -> str:
    """What the columns of a table became, and what was told of it; a sentence for each."""
    kinds = {**{name: str(kind) for name, kind in table.columns.kinds.items()}, **table.columns.left_out}
    found: dict[str, list[str]] = {}
    for name, kind in kinds.items():
        if only in ("", name):
            found.setdefault(kind, []).append(name)
    return ". ".join(
        [f"{', '.join(names)}: {kind}" for kind, names in found.items()]
        + [f"Note: {note}" for note in (*table.notes, *table.findings)]
    )
