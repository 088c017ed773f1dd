"""Money, in whole cents. Nothing here goes through a float."""

from decimal import ROUND_HALF_UP, Decimal

FOOD = Decimal("0.07")
OTHER = Decimal("0.19")


def vat_included(gross: int, rate: Decimal) -> int:
    """The VAT contained in a gross price, rounded to the cent."""
    share = gross * rate / (1 + rate)
    return int(share.quantize(Decimal(1), ROUND_HALF_UP))


def per_kilogram(gross: int, grams: int) -> int:
    """What a kilogram costs at this price, rounded to the cent."""
    return int((Decimal(1000 * gross) / grams).quantize(Decimal(1), ROUND_HALF_UP))


def euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d} €"
