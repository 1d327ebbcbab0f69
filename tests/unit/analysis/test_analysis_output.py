"""Reports on paper and tables for a spreadsheet."""

import csv
import io
import re
import zlib
from datetime import UTC, datetime

import numpy as np
import pytest

from ohmstead.analysis import Context, Trace
from ohmstead.analysis.calibration import Point, given, multi_point
from ohmstead.analysis.csv_export import METRIC_HEADING, metrics_csv, samples_csv
from ohmstead.analysis.imtp import ANALYSIS
from ohmstead.analysis.paper import printable
from ohmstead.analysis.report_pdf import (
    Certificate,
    ReportedTrial,
    SessionReport,
    calibration_certificate,
    session_report,
)
from ohmstead.analysis.synthetic import ACCEPTANCE, Trial

PRINTED = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def reported(name: str, trial: Trial) -> ReportedTrial:
    columns = trial.columns()
    return ReportedTrial(name, PRINTED, ANALYSIS.run(columns, trial.context(), {}), columns, accepted=True)


def session(*trials: ReportedTrial, details: tuple[tuple[str, str], ...] = ()) -> SessionReport:
    return SessionReport("Session of Tuesday", "S-014", "plate", trials, details)


def words(pdf: bytes) -> str:
    """All text of the pages, in the order written."""
    streams = [zlib.decompress(one) for one in re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)]
    shown = re.findall(rb"\((.*?)(?<!\\)\) ?Tj", b"\n".join(streams), re.DOTALL)
    return re.sub(rb"\\(.)", rb"\1", b" ".join(shown), flags=re.DOTALL).decode("latin-1")


def drawn(pdf: bytes) -> int:
    """Line segments on the pages."""
    streams = [zlib.decompress(one) for one in re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)]
    return sum(len(re.findall(rb" l\b", one)) for one in streams)


@pytest.fixture(scope="module")
def report() -> bytes:
    trials = [reported("Trial 1", ACCEPTANCE["noise"]), reported("Trial 2", ACCEPTANCE["80 Hz"])]
    return session_report(session(*trials, details=(("Posture", "knee 135°, ±2 %, 5 µm"),)), PRINTED)


def test_a_report_names_subject_rig_filter_rate_and_version(report: bytes) -> None:
    text = words(report)
    for one in ("S-014", "Rig: plate", "Filter: none", "Rate: 1000 Hz", "Rate: 80 Hz", "Analysis imtp 1", "above 10 N",
                "knee 135°, ±2 %, 5 µm", "Peak force, gross", "max F", "2026-01-02 03:04 UTC"):  # fmt: skip
        assert one in text, one


def test_a_report_begins_with_what_the_accepted_trials_come_to(report: bytes) -> None:
    text = words(report)
    before, after = text.split("the best is the one with the highest peak force: Trial", 1)
    assert "Onset:" not in before
    assert after.index("best trial") < after.index("CV (%)") < after.index("Onset:")
    counted = reported("Trial 1", ACCEPTANCE["noise"])
    rejected = ReportedTrial(counted.label, counted.taken_at, counted.result, counted.columns, accepted=False)
    assert "best trial" not in words(session_report(session(rejected), PRINTED))


def test_the_curve_has_its_sides_where_the_numbers_have_them() -> None:
    columns = ACCEPTANCE["uneven"].columns()
    told = {swap: ANALYSIS.run(columns, Context(), {"swap_sides": swap}) for swap in (False, True)}
    one, other = (session_report(session(ReportedTrial("T", PRINTED, told[swap], columns)), PRINTED) for swap in told)
    assert len(curves(one)) == 3
    assert curves(one)[1:] == curves(other)[:0:-1]  # left is right, right is left; the total is the same
    assert curves(one)[0] == curves(other)[0]


def curves(pdf: bytes) -> list[bytes]:
    """The three longest lines in the order drawn: total, left, right."""
    page = zlib.decompress(re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)[0])
    return [path for path in re.findall(rb"[\d.]+ [\d.]+ m(?: [\d.]+ [\d.]+ l)+|(?:[\d.]+ [\d.]+ [ml]\s)+", page)
            if path.count(b" l") > 200]  # fmt: skip


def test_withheld_metrics_are_printed_with_the_reason(report: bytes) -> None:
    text = words(report)
    assert "Withheld" in text
    assert "enough for peak force only" in text


def test_the_curve_is_drawn_as_lines_with_its_onset(report: bytes) -> None:
    assert drawn(report) > 2 * 3 * 700  # two trials of three curves
    assert b"/Subtype /Image" not in report
    assert "Onset" in words(report)


def test_pages_are_a4_and_no_font_is_carried_along(report: bytes) -> None:
    assert b"/MediaBox [0 0 595.28 841.89]" in report
    assert b"FontFile" not in report


def test_the_same_session_printed_at_the_same_time_is_the_same_file(report: bytes) -> None:
    trials = [reported("Trial 1", ACCEPTANCE["noise"]), reported("Trial 2", ACCEPTANCE["80 Hz"])]
    assert session_report(session(*trials, details=(("Posture", "knee 135°, ±2 %, 5 µm"),)), PRINTED) == report


def test_a_trial_of_which_nothing_can_be_said_still_has_its_page() -> None:
    empty = {"left": Trace([], []), "right": Trace([], [])}
    trial = ReportedTrial("Trial 1", PRINTED, ANALYSIS.run(empty, Context(), {}), empty, note="the device went silent")
    text = words(session_report(session(trial), PRINTED))
    assert "left: no samples" in text
    assert "the device went silent" in text


def test_a_session_without_trials_is_a_page() -> None:
    assert "No trials." in words(session_report(session(), PRINTED))


def test_a_certificate_has_its_points_residuals_linearity_and_circumstances() -> None:
    line = multi_point([Point(0, 100, 2.5, 800), Point(1, 210), Point(2, 290), Point(3, 400)], gravity=9.81)
    pdf = calibration_certificate(
        Certificate("Rig 1", "left", line, PRINTED, "Ö. Łukasz", 21.5, "after repair"), PRINTED
    )
    text = words(pdf)
    for one in ("Rig 1", "left", "Ö. Lukasz", "21.5 °C", "9.81000 m/s²", "103.00 counts", "after repair", "2.50"):
        assert one in text, one
    assert f"±{line.linearity_percent:.4f} %" in text
    assert all(f"{residual:+.3f}" in text for residual in line.residuals_n)


def test_a_certificate_of_a_given_line_claims_nothing_more() -> None:
    text = words(calibration_certificate(Certificate("Rig 1", "left", given(0, 0.1), PRINTED, "A"), PRINTED))
    assert "Linearity: not known" in text
    assert "not noted" in text


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("0–100 ms ≥ −5 …", "0-100 ms >= -5 ..."),
        ("Łódź ęą", "Lódz ea"),
        ("力", "?"),
        ("a\nb", "a b"),
        ("± µ °", "± µ °"),
    ],
)
def test_what_latin_1_lacks_is_written_in_the_nearest_signs(text: str, printed: str) -> None:
    assert printable(text) == printed


def test_samples_have_units_and_read_back_to_the_same_numbers() -> None:
    columns = ACCEPTANCE["noise"].columns()
    rows = list(csv.reader(io.StringIO("".join(samples_csv(columns)))))
    assert rows[0] == ["time_s", "t_us", "left (N)", "right (N)"]
    assert len(rows) == 10_001
    assert rows[2][:2] == ["0.001000", str(columns["left"].t_us[1])]
    assert [float(row[2]) for row in rows[1:]] == columns["left"].values.tolist()


def test_columns_of_different_instants_share_one_table_with_holes() -> None:
    columns = {"a": Trace([0, 2], [1.0, 2.5], "A"), "b": Trace([1, 2], [np.nan, 7.0], "W")}
    rows = list(csv.reader(io.StringIO("".join(samples_csv(columns)))))
    assert rows == [["time_s", "t_us", "a (A)", "b (W)"], ["0.000000", "0", "1", ""], ["0.000001", "1", "", ""],
                    ["0.000002", "2", "2.5", "7"]]  # fmt: skip


def test_no_columns_are_a_heading() -> None:
    assert "".join(samples_csv({})) == "time_s,t_us\r\n"


def test_the_table_of_metrics_has_methods_and_reasons_and_no_formulas_of_a_spreadsheet() -> None:
    trial = reported("=1+1", ACCEPTANCE["80 Hz"])
    rows = list(csv.DictReader(io.StringIO("".join(metrics_csv([(trial.label, trial.result)])))))
    assert tuple(rows[0]) == METRIC_HEADING
    assert len(rows) == len(trial.result.metrics)
    assert rows[0]["trial"] == "'=1+1"
    by_key = {row["key"]: row for row in rows}
    assert float(by_key["peak_force_gross"]["value"]) == trial.result.metric("peak_force_gross").value
    assert by_key["rfd_0_100"]["value"] == ""
    assert "80 Hz" in by_key["rfd_0_100"]["withheld_reason"]
    assert by_key["rfd_0_100"]["rate_hz"] == "80"
