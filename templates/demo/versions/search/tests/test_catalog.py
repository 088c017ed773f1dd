from pathlib import Path

import pytest

from orchard.catalog import Product, load, search

HEADER = "sku,name,unit,price,in_stock\n"


def test_products_are_found_by_sku(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(HEADER + "APL-BOS,Boskoop,kg,320,140\n")
    assert load(tmp_path / "p.csv")["APL-BOS"].price == 320


@pytest.mark.parametrize("words", ["", "apple", "JUICE apple", "jui-"])
def test_every_word_has_to_be_found(words: str) -> None:
    juice = Product("JUI-APL", "Apple juice", "bottle", 250, 400)
    assert search([juice], words) == [juice]
    assert search([juice], words + " pear") == []


def test_a_sku_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(HEADER + 2 * "APL-BOS,Boskoop,kg,320,140\n")
    with pytest.raises(ValueError, match="occurs twice"):
        load(tmp_path / "p.csv")
