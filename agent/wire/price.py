"""What a request costs, out of a price list that came with the program."""

from __future__ import annotations

from agent.wire.types import Usage

PROVIDER = "anthropic"


def cost_of(model: str, usage: Usage) -> float | None:
    """US dollars of what was counted; None for a model that the list doesn't have, such as one of your own.

    From genai-prices, the list of the installed version: nothing is downloaded. A server of another provider that
    serves a model under a listed name is taken at the listed price.
    """
    from genai_prices import Usage as Counted
    from genai_prices import calc_price

    counted = Counted(
        input_tokens=usage.read,  # the list takes the cached part out of it again
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        output_tokens=usage.output,
    )
    try:
        return float(calc_price(counted, model, provider_id=PROVIDER).total_price)
    except LookupError:
        return None
