"""The price that customers can compare: of one kilogram."""


def per_kilogram(price: int, grams: int) -> int:
    """Cents for a kilogram, half a cent rounded up."""
    if grams < 1:
        raise ValueError("a weight is at least 1 g")
    return (2000 * price + grams) // (2 * grams)
