"""An A4 page to write on: headings, lines of text, tables, and curves drawn as vectors.

The core fonts of PDF are used, so no font travels along. They know Latin-1 (± ° µ × ÷ ² · are in it); what they do
not know is written in the nearest signs they have.
"""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np

from ohmstead.analysis.trace import Floats

MARGIN: Final = 15.0  # mm
WIDTH: Final = 180.0
_FONT: Final = "helvetica"
_LINE: Final = 4.4
_ROW: Final = 3.4
_BOTTOM: Final = 282.0
_COLUMNS: Final = 900  # points across a curve: finer than a printer shows

_NEAREST: Final = str.maketrans(
    {
        "–": "-", "—": "-", "−": "-", "…": "...", "√": "sqrt ", "∫": "integral of ", "≥": ">=", "≤": "<=", "→": "->",
        "‘": "'", "’": "'", "“": '"', "”": '"', "Δ": "d", "μ": "µ", "Ω": "Ohm",
        "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "\u00a0": " ", "\u202f": " ",
    }
)  # fmt: skip


def printable(text: str) -> str:
    """The text in Latin-1: near signs for what it lacks, letters without their accents, at last a question mark."""
    near = text.translate(_NEAREST)
    plain = "".join(
        sign
        if _in_latin(sign)
        else "".join(part for part in unicodedata.normalize("NFKD", sign) if _in_latin(part)) or "?"
        for sign in near
    )
    return "".join(sign if sign.isprintable() else " " for sign in plain)


class Paper:
    """Writes from top to bottom and turns pages by itself. The same calls make the same bytes."""

    def __init__(self, title: str, printed_at: datetime, software: str) -> None:
        from fpdf import FPDF  # a third of a second: only who prints pays

        self._pdf: FPDF = FPDF(unit="mm", format="A4")
        self._widths: dict[tuple[str, float, str], float] = {}
        self._foot = printable(f"{title} · printed {moment(printed_at)} · Ohmstead {software}")
        self._pdf.set_title(printable(title))
        self._pdf.set_producer(f"Ohmstead {software}")
        self._pdf.set_creation_date(printed_at)
        self._pdf.set_margins(MARGIN, MARGIN, MARGIN)
        self._pdf.set_auto_page_break(False)
        self._turn()

    def bytes(self) -> bytes:
        return bytes(self._pdf.output())

    def heading(self, text: str, size: float = 12) -> None:
        self.room(size * 0.6 + 12)
        self._pdf.ln(2)
        self._pdf.set_font(_FONT, "B", size)
        self._pdf.multi_cell(WIDTH, size * 0.5, printable(text), new_x="LMARGIN", new_y="NEXT")
        self._pdf.ln(1)

    def text(self, text: str, *, grey: bool = False, size: float = 9) -> None:
        self._pdf.set_font(_FONT, "", size)
        for line in self._wrapped(text, WIDTH):
            self.room(_LINE)
            self._pdf.set_font(_FONT, "", size)
            self._pdf.set_text_color(90 if grey else 0)
            self._pdf.cell(WIDTH, _LINE, line, new_x="LMARGIN", new_y="NEXT")
        self._pdf.set_text_color(0)

    def table(self, heading: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float], right: int) -> None:
        """`widths` in mm; column `right` is set flush right. Long cells wrap; the heading returns on each page."""
        self._row(heading, widths, right, bold=True)
        for row in rows:
            if not self._row(row, widths, right):
                self._turn()
                self._row(heading, widths, right, bold=True)
                self._row(row, widths, right)

    def curve(
        self,
        t: Floats,
        lines: Sequence[tuple[str, Floats, tuple[int, int, int]]],
        marks: Sequence[tuple[str, float]],
        unit: str,
        height: float = 62.0,
    ) -> None:
        """Lines over seconds, with upright marks; the axis of values takes in 0 and every line."""
        self.room(height + 10)
        pdf, top, left, width = self._pdf, self._pdf.get_y() + 4, MARGIN + 12, WIDTH - 12
        low = min(0.0, *(float(values.min()) for _, values, _ in lines))
        high = max(1e-9, *(float(values.max()) for _, values, _ in lines))
        span_t = max(float(t[-1] - t[0]), 1e-9)

        def x(at: float) -> float:
            return left + (at - float(t[0])) / span_t * width

        def y(value: float) -> float:
            return top + height - (value - low) / (high - low) * height

        pdf.set_font(_FONT, "", 7)
        pdf.set_line_width(0.1)
        for value in _ticks(low, high):
            pdf.set_draw_color(215)
            pdf.line(left, y(value), left + width, y(value))
            pdf.set_xy(MARGIN - 2, y(value) - 1.5)
            pdf.cell(13, 3, f"{value:g}", align="R")
        for at in _ticks(float(t[0]), float(t[-1])):
            pdf.set_draw_color(215)
            pdf.line(x(at), top, x(at), top + height)
            pdf.set_xy(x(at) - 6, top + height + 0.5)
            pdf.cell(12, 3, f"{at:g} s", align="C")
        for number, (name, values, colour) in enumerate(lines):
            pdf.set_draw_color(*colour)
            pdf.set_line_width(0.3)
            pdf.polyline([(x(at), y(value)) for at, value in _outline(t, values)])
            pdf.set_text_color(*colour)
            pdf.set_xy(left + 2 + number * 28, top - 4)
            pdf.cell(26, 3, printable(f"{name} ({unit})"))
        pdf.set_text_color(0)
        pdf.set_draw_color(0)
        pdf.set_line_width(0.2)
        pdf.set_dash_pattern(dash=1, gap=1)
        for _, at in marks:
            pdf.line(x(at), top, x(at), top + height)
        pdf.set_dash_pattern()
        pdf.set_fill_color(255)
        for number, (name, at) in enumerate(marks):
            words = printable(name)
            across = pdf.get_string_width(words) + 1.5
            pdf.set_xy(min(x(at) + 0.5, left + width - across), top + 0.5 + number * 3)  # marks may be close
            pdf.cell(across, 3, words, align="C", fill=True)
        pdf.set_xy(MARGIN, top + height + 5)

    def room(self, height: float) -> None:
        """Turns the page if fewer than `height` mm are left."""
        if self._pdf.get_y() + height > _BOTTOM:
            self._turn()

    def _turn(self) -> None:
        pdf = self._pdf
        pdf.add_page()
        pdf.set_font(_FONT, "", 7)
        pdf.set_text_color(110)
        pdf.set_xy(MARGIN, 287)
        pdf.cell(WIDTH - 15, 3, self._foot)
        pdf.cell(15, 3, str(pdf.page_no()), align="R")
        pdf.set_text_color(0)
        pdf.set_xy(MARGIN, MARGIN)

    def _row(self, cells: Sequence[str], widths: Sequence[float], right: int, *, bold: bool = False) -> bool:
        """False, and nothing written, if the page has no room for it. A heading turns the page itself."""
        pdf = self._pdf
        pdf.set_font(_FONT, "B" if bold else "", 8)
        wrapped = [self._wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
        height = _ROW * max(1, *map(len, wrapped)) + 0.8
        if bold:
            self.room(height + _LINE)
            pdf.set_font(_FONT, "B", 8)
        elif pdf.get_y() + height > _BOTTOM and pdf.get_y() > MARGIN + 2 * _LINE:
            return False
        top, at = pdf.get_y(), MARGIN
        for number, (lines, width) in enumerate(zip(wrapped, widths, strict=True)):
            for below, line in enumerate(lines):
                pdf.set_xy(at, top + 0.4 + below * _ROW)
                pdf.cell(width, _ROW, line, align="R" if number == right else "L")
            at += width
        pdf.set_draw_color(0 if bold else 225)
        pdf.set_line_width(0.1)
        pdf.line(MARGIN, top + height, MARGIN + WIDTH, top + height)
        pdf.set_xy(MARGIN, top + height)
        return True

    def _wrapped(self, text: str, width: float) -> list[str]:
        """The lines that the text takes in the current font; a word that is too long alone is broken anywhere."""
        room = width - 2 * self._pdf.c_margin
        lines, used, space = [""], 0.0, self._width(" ")
        for word in printable(text).split():
            wide = self._width(word)
            if used and used + space + wide > room:
                lines.append("")
                used = 0.0
            pieces = [word] if wide <= room else self._broken(word, room)
            for number, piece in enumerate(pieces):
                if number:
                    lines.append("")
                    used = 0.0
                lines[-1] += f" {piece}" if used else piece
                used += (space if used else 0.0) + self._width(piece)
        return lines

    def _broken(self, word: str, room: float) -> list[str]:
        pieces = [""]
        for sign in word:
            if self._width(pieces[-1] + sign) > room:
                pieces.append("")
            pieces[-1] += sign
        return pieces

    def _width(self, text: str) -> float:
        key = (self._pdf.font_style, self._pdf.font_size_pt, text)
        if key not in self._widths:
            self._widths[key] = self._pdf.get_string_width(text)
        return self._widths[key]


def moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M %Z").strip()


def _in_latin(sign: str) -> bool:
    return ord(sign) < 256


def _outline(t: Floats, values: Floats) -> list[tuple[float, float]]:
    """As it is, or the lowest and the highest of each column: peaks stay in sight."""
    if len(t) <= 2 * _COLUMNS:
        return list(zip(t.tolist(), values.tolist(), strict=True))
    points: list[tuple[float, float]] = []
    for piece in np.array_split(np.arange(len(t)), _COLUMNS):
        two = sorted({int(piece[np.argmin(values[piece])]), int(piece[np.argmax(values[piece])])})
        points += [(float(t[one]), float(values[one])) for one in two]
    return points


def _ticks(low: float, high: float) -> list[float]:
    """Four to nine round numbers within."""
    rough = (high - low) / 5
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(power * factor for factor in (1.0, 2.0, 5.0, 10.0) if power * factor >= rough)
    return [round(number * step, 12) for number in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)]
