import pytest

from conversion.order import dependency_order


@pytest.mark.parametrize(
    ("needs", "order", "cyclic"),
    [
        ({"b": ["a"], "a": [], "c": ["b"]}, ["a", "b", "c"], []),
        ({"a": ["z"], "b": ["a", "a"]}, ["a", "b"], []),  # what isn't there needs no place
        ({"a": ["a"]}, ["a"], []),  # nobody waits for oneself
        ({"a": ["b"], "b": ["a"], "c": ["a"], "d": []}, ["d"], ["a", "b", "c"]),
        ({"c": [], "a": [], "b": ["c"]}, ["a", "c", "b"], []),  # level by level, by name in each
    ],
)
def test_what_is_needed_comes_first(needs: dict[str, list[str]], order: list[str], cyclic: list[str]) -> None:
    assert dependency_order(needs) == (order, cyclic)


def test_a_chain_of_ten_thousand_has_its_order() -> None:
    needs = {f"t{n:05d}": [f"t{n - 1:05d}"] if n else [] for n in range(10_000)}
    assert dependency_order(dict(reversed(needs.items()))) == (sorted(needs), [])
