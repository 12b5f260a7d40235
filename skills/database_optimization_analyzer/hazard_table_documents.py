"""The table of hazards of MongoDB sources."""

from __future__ import annotations

from skills.database_optimization_analyzer import hazards_mongodb as mongo
from skills.database_optimization_analyzer.hazard_rule import HazardRule

SOURCES = ("mongodb",)
RESIDUE = "Nothing is lost: such a value stands in the _residue of its row, where queries over the column don't see it."
CLOSEST = "The closest index is made where there is one; see the plan's omissions."

DOCUMENTS = (
    HazardRule(
        "no-single-moment", "The server gives no snapshot", SOURCES, "high",
        "Make it a replica set (of one member, if need be), or keep others from writing while it is copied.",
        mongo.without_moment,
    ),
    HazardRule(
        "sampled-collection", "A collection of which a part was looked at", SOURCES, "info",
        "What was not seen goes into the residue; give sample in the source's url a larger number to see more.",
        mongo.sampled, True,
    ),
    HazardRule(
        "mixed-types", "A field with values of several types", SOURCES, "medium",
        f"The plan says which columns it gets. {RESIDUE}", mongo.mixed_types, True,
    ),
    HazardRule(
        "not-finite", "NaN or infinity", SOURCES, "medium",
        f"Only some types of a target hold them. {RESIDUE}", mongo.of_forms("nan", "infinity"), True,
    ),
    HazardRule(
        "decimal-spelling", "Decimals whose zeros or sign a number doesn't keep", SOURCES, "low",
        RESIDUE, mongo.of_forms("negative_zero", "trailing_zeros", "exponent"), True,
    ),
    HazardRule(
        "date-beyond-calendar", "Dates before year 1 or after year 9999", SOURCES, "medium",
        RESIDUE, mongo.of_forms("out_of_years"), True,
    ),
    HazardRule(
        "nul-or-surrogate", "Text with NUL or half a character", SOURCES, "medium",
        RESIDUE, mongo.of_forms("nul", "surrogate"), True,
    ),
    HazardRule(
        "type-without-column", "Values of a type that no column has", SOURCES, "low",
        f"They are kept as Extended JSON. {RESIDUE}",
        mongo.of_types("regex", "javascript", "javascriptWithScope", "minKey", "maxKey"), True,
    ),
    HazardRule(
        "deprecated-type", "Values of a type that MongoDB deprecates", SOURCES, "medium",
        "Newer drivers may not read them: convert them in the source where programs still use them.",
        mongo.of_types("undefined", "symbol", "dbPointer"),
    ),
    HazardRule(
        "awkward-field-name", "A field name with a dot, a dollar or nothing in it", SOURCES, "medium",
        "The column gets another name, which the plan shows; MongoDB before 5.0 can't query such a field.",
        mongo.awkward_names,
    ),
    HazardRule(
        "field-name-collision", "Field names that are equal without case", SOURCES, "low",
        "One of the columns gets a number behind its name, which the plan shows.", mongo.folded_names, True,
    ),
    HazardRule(
        "large-value", "Texts or bytes of more than 4 MB", SOURCES, "medium",
        "A MySQL target needs a max_allowed_packet well above that; else the document is set aside (policy wide_row).",
        mongo.large_values, True,
    ),
    HazardRule(
        "orphaned-reference", "References whose document isn't there", SOURCES, "medium",
        "Repair them, or leave the foreign key out: it is only proposed.", mongo.orphaned, True,
    ),
    HazardRule(
        "capped-collection", "A capped collection", SOURCES, "medium",
        "No snapshot covers it; it is copied as a whole, in its own order, and its limit is kept by MongoDB only.",
        mongo.of_kind("capped"),
    ),
    HazardRule(
        "time-series", "A time series", SOURCES, "medium",
        "It is copied as a whole; a target of tables gets plain rows.", mongo.of_kind("timeseries"),
    ),
    HazardRule(
        "document-view", "A view", SOURCES, "low",
        "Review the translated text; it is run on both engines before it is used.", mongo.of_kind("view"), True,
    ),
    HazardRule(
        "file-bucket", "Files in GridFS", SOURCES, "info",
        "Their pieces become rows; programs that read files need another way.", mongo.of_kind("bucket"), True,
    ),
    HazardRule(
        "validator", "A validator", SOURCES, "low",
        "What a check can say becomes one; documents of today may break it.", mongo.validators, True,
    ),
    HazardRule(
        "expiring-documents", "Documents that the server deletes by itself", SOURCES, "high",
        "They may vanish between copy and comparison, and a target of tables needs a job that deletes rows.",
        mongo.expiring,
    ),
    HazardRule(
        "special-index", "An index over words, places, hashes or any field", SOURCES, "low",
        CLOSEST, mongo.special_indexes, True,
    ),
)  # fmt: skip

UNSEEN_IN_DOCUMENTS = {
    "unreadable-document": "Documents with a field twice or with bytes that are no text are found by the copy itself"
    " (policy malformed).",
}
