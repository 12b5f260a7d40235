import pytest

from conversion.names import for_postgresql, for_sqlite, joined, shorten


@pytest.mark.parametrize("name", ["a", "x" * 63, "ü" * 31, "☃" * 21])
def test_names_within_the_limit_stay_as_they_are(name: str) -> None:
    assert shorten(name) == name


@pytest.mark.parametrize("name", ["x" * 64, "ü" * 32, "☃" * 22, "a" + "😀" * 40])
def test_long_names_are_cut_by_bytes_and_end_in_a_hash(name: str) -> None:
    cut = shorten(name)
    assert len(cut.encode()) <= 63
    assert cut == shorten(name)
    assert cut != shorten(name + "x")


def test_a_suffix_survives_the_cut() -> None:
    assert joined(["t" * 80, "column"], "fkey").endswith("_fkey")
    assert len(joined(["ß" * 80], "fkey").encode()) <= 63


def test_a_name_is_given_once_per_namespace() -> None:
    namer = for_postgresql()
    assert namer.take("relations", "a") == "a"
    second = namer.take("relations", "a")
    assert second != "a"
    assert second.startswith("a_")
    assert namer.take("constraints", "a") == "a"
    assert namer.take("relations", "A") == "A"


def test_sqlite_takes_names_without_case_and_reserves_its_prefix() -> None:
    namer = for_sqlite()
    assert namer.take("relations", "a") == "a"
    assert namer.take("relations", "A") != "A"
    assert namer.take("relations", "sqlite_stat1") == "_sqlite_stat1"


@pytest.mark.parametrize(("wanted", "given"), [("xmin", "xmin_"), ("CTID", "CTID_"), ("oid", "oid"), ("", "unnamed")])
def test_columns_that_postgresql_keeps_for_itself_are_renamed_and_recorded(wanted: str, given: str) -> None:
    namer = for_postgresql()
    assert namer.take_recorded("columns:main.t", wanted, f"main.t.{wanted}") == given
    assert (f"main.t.{wanted}" in namer.renames) == (wanted != given)
