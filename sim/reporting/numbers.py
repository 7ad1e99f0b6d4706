"""Numbers as people read them."""


def number(value: float | None) -> str:
    """Four significant digits, in a form that people read."""
    if value is None:
        return "-"
    return f"{value:.3e}" if value and not 1e-3 <= abs(value) < 1e6 else f"{value:.4g}"
