from datetime import date

from orchard.invoices import Line, number_after, render


def test_numbers_begin_again_with_the_year() -> None:
    assert number_after("2026-00041", date(2026, 12, 31)) == "2026-00042"
    assert number_after("2026-00042", date(2027, 1, 2)) == "2027-00001"


def test_an_invoice_adds_its_lines_up() -> None:
    lines = [Line("Boskoop", 2, 320), Line("Apple juice", 1, 250)]
    text = render("2026-00042", date(2026, 9, 15), "Café Morgenrot", lines)
    assert "Café Morgenrot" in text
    assert "Total 8.90 €" in text
