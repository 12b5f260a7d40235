"""Policies go over to another PostgreSQL so that nobody sees more rows than before."""

import pytest

from conversion.convert import convert
from conversion.ddl_policies import grants, policy_sql
from engines.catalog import Catalog, Policy, Privilege, Table

PUBLIC = Policy(name="all", roles=["public"], using="(a > 1)")
OF_A_ROLE = Policy(name="some", roles=["clerk"], command="SELECT", using="true")
STRICT = Policy(name="strict", roles=["clerk"], permissive=False, using="(b = 1)", check="(b > 0)")


@pytest.mark.parametrize(
    ("policies", "kept", "left"),
    [
        ([PUBLIC], ["all"], []),
        ([PUBLIC, OF_A_ROLE], ["all"], ["some"]),
        ([PUBLIC, STRICT], [], ["all", "strict"]),  # alone the permissive one would show more
        ([], [], []),  # row security without a policy: the owner alone
    ],
)
def test_what_stays_behind_never_opens_a_table(policies: list[Policy], kept: list[str], left: list[str]) -> None:
    table = Table(schema_name="s", name="t", columns=[], row_security=True, row_security_forced=True, policies=policies)
    source = Catalog(engine="postgresql", version="18", database="d", schemas=["s"], tables=[table])
    result = convert(source, {}, "postgresql", "18")
    found = result.target.table("s.t")
    assert found.row_security and [policy.name for policy in found.policies] == kept
    assert [item.object for item in result.omissions if item.kind == "policy"] == [f"s.t.{name}" for name in left]
    assert [item.original for item in result.omissions if item.kind == "row security"] == ["FORCE ROW LEVEL SECURITY"]
    sql = [statement.sql for statement in result.statements if statement.kind in ("policy", "row_security")]
    assert sql[-1] == 'ALTER TABLE "s"."t" ENABLE ROW LEVEL SECURITY' and len(sql) == len(kept) + 1


def test_policies_and_rights_in_sql() -> None:
    table = Table(schema_name="s", name='t"x', columns=[])
    assert policy_sql(table, STRICT) == (
        'CREATE POLICY "strict" ON "s"."t""x" AS RESTRICTIVE FOR ALL TO "clerk" USING ((b = 1)) WITH CHECK ((b > 0))'
    )
    source = Catalog(engine="postgresql", version="18", database="d", schemas=["s"], tables=[table])
    source.privileges = [
        Privilege(grantee="public", object='s.t"x', kind="table", privileges=["SELECT"]),
        Privilege(grantee="PUBLIC", object="s", kind="schema", privileges=["CREATE", "USAGE"], grantable=True),
    ]
    assert grants(source) == [
        'GRANT SELECT ON TABLE "s"."t""x" TO PUBLIC;',
        'GRANT CREATE, USAGE ON SCHEMA "s" TO "PUBLIC" WITH GRANT OPTION;',
    ]
