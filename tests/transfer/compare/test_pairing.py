from __future__ import annotations

import pytest

from engines.catalog import Catalog, Identity, Partitioning, Table, Unread
from engines.errors import UsageError
from tests.transfer.compare.catalogs import catalog, table, view
from transfer.compare.pairing import pair_catalogs

LONG, CUT = "é" * 40, "é" * 31
# (source engine, target engine, tables of the source, of the target, pairs, those without a counterpart)
NAMES = [
    ("mysql", "postgresql", "shop.Users shop.b", "shop.users shop.b", "shop.Users=shop.users shop.b=shop.b", ""),
    ("mysql", "postgresql", "shop.users", "public.users other.users", "shop.users=public.users", "other.users"),
    ("mysql", "postgresql", "shop.users", "public.users shop.users", "", "shop.users public.users shop.users"),
    ("mysql", "postgresql", "shop.users", "app.users", "shop.users=app.users", ""),
    ("mysql", "postgresql", "shop.u shop.b", "app.u arch.u app.b", "shop.b=app.b", "shop.u app.u arch.u"),
    ("mysql", "postgresql", "shop.userTie", "public.usertie", "shop.userTie=public.usertie", ""),
    ("mysql", "postgresql", "shop.user_tie", "public.usertie", "", "shop.user_tie public.usertie"),
    ("mysql", "mariadb", "shop.Users", "shop.users", "shop.Users=shop.users", ""),
    ("sqlite", "postgresql", "main.a.b", "public.a.b", "main.a.b=public.a.b", ""),
    ("sqlite", "postgresql", f"main.{LONG}", f"public.{CUT}", f"main.{LONG}=public.{CUT}", ""),
    ("postgresql", "sqlite", "public.t x.t", "main.t main.x_t", "public.t=main.t x.t=main.x_t", ""),
    ("postgresql", "mysql", "public.t x.t", "shop.t", "public.t=shop.t", "x.t"),
    ("postgresql", "postgresql", "a.t b.t", "b.t c.t", "b.t=b.t", "a.t c.t"),
    ("postgresql", "postgresql", "public.Users public.users", "public.users", "public.users=public.users",
     "public.Users"),
    ("postgresql", "mysql", "public.Users public.USERS", "shop.users", "", "public.USERS public.Users shop.users"),
    ("postgresql", "postgresql", "a.x%s:y a.`q`", "a.X%S:Y a.`q`", "a.x%s:y=a.X%S:Y a.`q`=a.`q`", ""),
]  # fmt: skip


@pytest.mark.parametrize(("source", "target", "here", "there", "pairs", "unpaired"), NAMES)
def test_tables_are_paired_by_the_names_that_movers_make_of_theirs(
    source: str, target: str, here: str, there: str, pairs: str, unpaired: str
) -> None:
    found = pair_catalogs(
        catalog(source, *(table(name) for name in here.split())),
        catalog(target, *(table(name) for name in there.split())),
    )
    assert sorted(f"{one.source}={one.target}" for one in found.tables) == sorted(pairs.split())
    assert [one.name for one in found.unpaired] == unpaired.split()


def test_what_fits_several_tables_is_named_and_not_guessed() -> None:
    found = pair_catalogs(
        catalog("postgresql", table("public.Users"), table("public.USERS")), catalog("mysql", table("shop.users"))
    )
    assert [(one.name, one.side, one.reason, one.loses) for one in found.unpaired] == [
        ("public.USERS", "source", "Its name fits several on the target: shop.users.", True),
        ("public.Users", "source", "Its name fits several on the target: shop.users.", True),
        ("shop.users", "target", "Its name fits several on the source: public.USERS, public.Users.", True),
    ]


def test_names_override_tables_and_schemas() -> None:
    source = catalog("postgresql", table("old.a"), table("old.b"), table("public.c"))
    target = catalog("postgresql", table("new.a"), table("new.bee"), table("public.c"))
    found = pair_catalogs(source, target, {"old": "new", "old.b": "new.bee"})
    assert [(one.source, one.target) for one in found.tables] == [
        ("old.a", "new.a"), ("old.b", "new.bee"), ("public.c", "public.c"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "what"),
    [
        ({"public.zz": "public.c"}, "The source has no table or schema 'public.zz'."),
        ({"public.c": "public.zz"}, "The target has no table or schema 'public.zz'."),
        ({"public.c": "public.c", "public.d": "public.c"}, "'public.c' is named as the counterpart of several tables."),
    ],
)
def test_a_name_that_a_side_does_not_have_is_refused(names: dict[str, str], what: str) -> None:
    both = catalog("postgresql", table("public.c"), table("public.d"))
    with pytest.raises(UsageError) as caught:
        pair_catalogs(both, both, names)
    assert (caught.value.code, caught.value.what) == ("NAME_UNKNOWN", what)


def test_a_dot_in_a_schemas_name_stays_there() -> None:
    dotted = table("x.t")
    dotted.schema_name = "a.b"
    [found] = pair_catalogs(catalog("postgresql", dotted), catalog("postgresql", dotted)).tables
    assert (found.source, found.place("source"), found.place("target")) == ('"a.b".t', ("a.b", "t"), ("a.b", "t"))


# columns of both sides: key of source, of target -> key, range column
KEYS = [
    ("id int!, v text", "id", [], "id int!, v text", "id", [], ["id"], "id"),
    ("id int!, v text", "id", [], "ID int!, V text", "ID", [], ["id"], "id"),
    ("id int!, v text", "id", [], "id numeric(20)!, v text", "id", [], ["id"], "id"),
    ("id int!, v text", "id", [], "id numeric(20,2)!, v text", "id", [], ["id"], None),
    ("id int!, v text!", "id", ["v"], "id int!, v text!", "", ["v"], ["v"], None),
    ("id int!, v text", "id", ["v"], "id int!, v text", "", ["v"], [], None),
    ("id int!, v text", "id", [], "id int!, v text", "", [], [], None),
    ("a int!, b int!", "a,b", [], "a int!, b int!", "b,a", [], ["a", "b"], None),
    ("a int!, b text!", "a,b", [], "a int!, b text!", "a,b", [], ["a", "b"], "a"),
    ("a text!, b int!", "a,b", [], "a text!, b int!", "a,b", [], ["a", "b"], None),
    ("id int, v text", "id", [], "id int!, v text", "id", [], ["id"], "id"),
]


@pytest.mark.parametrize(("here", "key", "unique", "there", "key_there", "unique_there", "wanted", "ranged"), KEYS)
def test_rows_are_told_apart_by_a_key_that_both_sides_have(
    here: str, key: str, unique: list[str], there: str, key_there: str, unique_there: list[str], wanted: list[str],
    ranged: str | None,
) -> None:  # fmt: skip
    found = pair_catalogs(
        catalog("mysql", table("shop.t", here, key, *unique)),
        catalog("postgresql", table("public.t", there, key_there, *unique_there)),
    )
    [one] = found.tables
    assert (one.key, one.range_column, one.uncompared) == (wanted, ranged, [])
    assert bool(found.notes) is (not wanted)


def test_rowids_and_strict_integers_of_sqlite_are_numbers() -> None:
    def side(strict: str, *numbered: str) -> Catalog:
        found = table("main.t", "id int, n int!", "id", "n")
        found.options = {"strict": strict}
        for name in numbered:
            found.column(name).identity = Identity()
        return catalog("sqlite", found)

    for here, there, forms, ranged in (
        (side("0", "id"), side("0", "id"), ["number", "dynamic"], "id"),
        (side("1"), side("1"), ["number", "number"], "id"),
        (side("1"), side("0"), ["dynamic", "dynamic"], None),
    ):
        [one] = pair_catalogs(here, there).tables
        assert ([column.form for column in one.columns], one.range_column) == (forms, ranged)


def test_a_table_without_a_common_key_says_that_it_is_a_multiset() -> None:
    found = pair_catalogs(catalog("mysql", table("shop.t", key="")), catalog("postgresql", table("public.t")))
    assert found.notes == {
        "shop.t": ["No key is the same on both sides: rows are a multiset, a changed one is one missing and one extra."]
    }


def test_keys_whose_values_can_not_be_compared_are_a_problem_of_the_table() -> None:
    found = pair_catalogs(
        catalog("mysql", table("shop.t", "id geometry!, v text")), catalog("postgresql", table("public.t"))
    )
    assert found.tables == []
    [result] = found.refused("checksums")
    assert (result.name, result.equal) == ("shop.t", False)
    assert result.problem is not None and result.problem.code == "KEY_TYPES_DIFFER"
    assert result.problem.what.startswith("The key (id) can't be compared: id: ")


def test_columns_of_one_side_only_are_named() -> None:
    found = pair_catalogs(
        catalog("postgresql", table("public.t", "id int!, gone text, Twin text, TWIN text")),
        catalog("mysql", table("shop.t", "id int!, new text, twin text")),
    )
    [one] = found.tables
    assert [(u.column, u.side) for u in one.uncompared] == [
        ("gone", "source"), ("new", "target"), ("Twin", "source"), ("TWIN", "source"), ("twin", "target"),
    ]  # fmt: skip


def test_ignored_columns_are_left_out_and_said() -> None:
    both = catalog("postgresql", table("public.t", "id int!, v text, w text"))
    found = pair_catalogs(both, both, ignored=["public.t.v"])
    [one] = found.tables
    assert ([c.name for c in one.columns], one.uncompared) == (["id", "w"], [])
    assert found.ignored == {"public.t": ["v"]}
    with pytest.raises(UsageError, match=r"no column 'public\.t\.zz'"):
        pair_catalogs(both, both, ignored=["public.t.zz"])


def test_views_are_compared_with_views_and_with_tables() -> None:
    found = pair_catalogs(
        catalog("mysql", table("shop.t"), view("shop.v"), view("shop.w"), view("shop.gone")),
        catalog("postgresql", view("public.t"), table("public.v"), view("public.w")),
    )
    assert [(one.name, one.view, one.key) for one in found.tables] == [
        ("shop.t", True, []), ("shop.v", True, []), ("shop.w", True, []),
    ]  # fmt: skip
    [gone] = found.unpaired
    assert (gone.name, gone.loses) == ("shop.gone", False)


def test_a_view_that_can_not_be_read_is_a_problem() -> None:
    broken = view("public.v")
    broken.broken = "references invalid table"
    found = pair_catalogs(catalog("postgresql", broken), catalog("postgresql", view("public.v")))
    [result] = found.refused("counts")
    assert result.problem is not None and result.problem.code == "VIEW_UNREADABLE"


def _parted() -> list[Table]:
    root, part, other = table("public.m"), table("public.m_1"), table("public.m_2")
    root.kind, root.partitioning = "partitioned", Partitioning(strategy="RANGE", key="id")
    part.partitioning = Partitioning(parent="public.m")
    other.partitioning = Partitioning(parent="public.m")
    return [root, part, other]


def test_partitions_are_compared_with_their_table() -> None:
    found = pair_catalogs(catalog("postgresql", *_parted()), catalog("sqlite", table("main.m")))
    assert [(one.source, one.target) for one in found.tables] == [("public.m", "main.m")]
    assert found.unpaired == []


def test_partitions_that_became_tables_are_compared_themselves() -> None:
    target = catalog("sqlite", table("main.m_1"), table("main.m_2"))
    found = pair_catalogs(catalog("postgresql", *_parted()), target)
    assert [(one.source, one.target) for one in found.tables] == [
        ("public.m_1", "main.m_1"), ("public.m_2", "main.m_2"),
    ]  # fmt: skip
    assert found.unpaired == []
    target.views.append(view("main.m"))
    found = pair_catalogs(catalog("postgresql", *_parted()), target)
    assert [one.name for one in found.tables] == ["public.m"]
    assert found.unpaired == []


def test_tables_that_a_catalog_could_not_read_are_named() -> None:
    source = catalog("sqlite", table("main.t"))
    source.unread.append(Unread(part="table geo", reason="no such module: rtree"))
    found = pair_catalogs(source, catalog("postgresql", table("public.t")))
    assert [(one.name, one.reason, one.loses) for one in found.unpaired] == [("geo", "no such module: rtree", True)]
