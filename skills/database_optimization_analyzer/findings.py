"""Anti-patterns of a schema: the table of rules, each exact on a catalog or marked as judged by names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engines.catalog import Catalog, Model
from skills.database_optimization_analyzer import rules_names, rules_structure

Detector = Callable[[Catalog], Iterator[tuple[str, str]]]


class Finding(Model):
    """One anti-pattern: rule, severity info|low|medium|high, the object, what was seen, what to do."""

    rule: str
    severity: str
    object: str
    evidence: str
    fix: str


@dataclass(frozen=True)
class Rule:
    """A rule: detect gives (object, evidence); by_name says that it judges by names and may be wrong."""

    id: str
    severity: str
    detect: Detector
    fix: str
    by_name: bool = False


RULES = (
    Rule("no-primary-key", "medium", rules_structure.without_key, "Declare a primary key."),
    Rule(
        "foreign-key-without-index",
        "medium",
        rules_structure.foreign_key_without_index,
        "Index the referencing columns.",
    ),
    Rule("duplicate-index", "low", rules_structure.duplicate_index, "Drop the index that another one repeats."),
    Rule("redundant-index", "low", rules_structure.redundant_index, "Drop the index that a longer one covers."),
    Rule("duplicate-foreign-key", "low", rules_structure.duplicate_foreign_key, "Drop one of the twins."),
    Rule(
        "foreign-key-type-mismatch",
        "high",
        rules_structure.foreign_key_type_mismatch,
        "Give both sides of the reference the same type.",
    ),
    Rule(
        "foreign-key-cycle",
        "info",
        rules_structure.foreign_key_cycle,
        "Load without foreign keys and add them afterwards; consider a deferrable constraint.",
    ),
    Rule(
        "self-reference", "info", rules_structure.self_reference, "Load parents first, or add the key after the load."
    ),
    Rule(
        "all-columns-nullable",
        "low",
        rules_structure.all_nullable,
        "Declare NOT NULL where a row makes no sense without the value.",
    ),
    Rule(
        "too-many-indexes", "low", rules_structure.too_many_indexes, "Drop what no query uses: each write pays for all."
    ),
    Rule("single-column-table", "info", rules_structure.single_column, "Check that the table is still needed."),
    Rule(
        "values-in-check",
        "low",
        rules_structure.values_in_check,
        "Keep values that change in a table with a foreign key instead of the schema.",
    ),
    Rule(
        "same-name-different-type",
        "low",
        rules_structure.same_name_different_type,
        "Use one type for one meaning: joins on them convert each row.",
        by_name=True,
    ),
    Rule("null-as-text-default", "medium", rules_structure.null_as_text, "Use DEFAULT NULL without quotes."),
    Rule(
        "key-near-limit",
        "high",
        rules_structure.key_near_limit,
        "Widen the column to bigint before the numbers run out.",
    ),
    Rule("select-star-view", "low", rules_structure.select_star_view, "List the view's columns by name."),
    Rule(
        "money-as-float",
        "high",
        rules_names.money_as_float,
        "Use numeric with a scale: binary floats cannot hold decimal amounts.",
        by_name=True,
    ),
    Rule(
        "entity-attribute-value",
        "medium",
        rules_names.entity_attribute_value,
        "Make attributes columns, or one json column.",
        by_name=True,
    ),
    Rule(
        "data-in-table-names",
        "medium",
        rules_names.data_in_table_names,
        "Make one table with the varying part as a column; partition it where it is large.",
        by_name=True,
    ),
    Rule(
        "numbered-columns",
        "low",
        rules_names.numbered_columns,
        "Move the repeated group to a table of its own.",
        by_name=True,
    ),
    Rule(
        "list-in-column",
        "medium",
        rules_names.list_in_column,
        "Use a table of pairs with foreign keys, or an array.",
        by_name=True,
    ),
    Rule(
        "polymorphic-reference",
        "low",
        rules_names.polymorphic_reference,
        "Use one nullable foreign key per referenced table, with a check that one is set.",
        by_name=True,
    ),
    Rule("reserved-word", "low", rules_names.reserved_word, "Rename it, or quote it in every statement."),
    Rule("name-needs-quotes", "info", rules_names.needs_quotes, "Use lower-case letters, digits and underscores."),
    Rule(
        "readable-password",
        "high",
        rules_names.readable_password,
        "Store a salted hash made for passwords, and restrict who may read it.",
        by_name=True,
    ),
    Rule(
        "file-path-in-column",
        "info",
        rules_names.file_path,
        "Move the files together with the database: a path is valid on one machine.",
        by_name=True,
    ),
)


def find(catalog: Catalog) -> list[Finding]:
    """Every finding of every rule, in the order of RULES."""
    return [
        Finding(rule=rule.id, severity=rule.severity, object=name, evidence=evidence, fix=rule.fix)
        for rule in RULES
        for name, evidence in rule.detect(catalog)
    ]
