"""The traps of the example: which they are, and the rows that exist for them."""

from __future__ import annotations

from typing import Any, NamedTuple

Row = tuple[Any, ...]


class Trap(NamedTuple):
    """Something in the database that a careless migration loses, changes or stumbles over."""

    table: str
    column: str
    what: str


NEWSLETTER = "customer_newsletter_subscription_preferences_by_channel_and_language_v2"
LONG_COLUMN = "customer_wants_to_receive_the_newsletter_in_this_language_and_channel"

TRAPS: list[Trap] = [
    Trap("products", "stock", "text in an INTEGER column that is NOT NULL"),
    Trap("orders", "discount", "text in an INTEGER column"),
    Trap("customers", "created_at", "moments as text"),
    Trap("customers", "birth_date", "dates as text, some of them no dates"),
    Trap("customers", "last_login_at", "moments as seconds since 1970"),
    Trap("orders", "paid_at", "moments as milliseconds since 1970"),
    Trap("payments", "settled_at", "moments as julian days"),
    Trap("page_views", "viewed_at", "moments as seconds in a column declared INTEGER"),
    Trap("reviews", "body", "NUL in text"),
    Trap("suppliers", "code", "NULL in a PRIMARY KEY"),
    Trap("addresses", "customer_id", "orphaned foreign keys"),
    Trap("customers", "email", "values that differ only in case"),
    Trap("accounts", "login", "UNIQUE with COLLATE NOCASE"),
    Trap("settings", "value", "a column without a type, values of every storage class, -0.0 among them"),
    Trap("products", "price_cents", "a stored generated column"),
    Trap("products", "label", "a virtual generated column"),
    Trap("counters", "value", "2^63-1, -2^63 and a real beyond 64 bits in an INTEGER column"),
    Trap("product_images", "thumbnail", "empty blobs, and text in a BLOB column"),
    Trap("products", "weight_kg", "0.1, 1e-300 and infinity"),
    Trap("customers", "name", "emoji, combining and right-to-left letters"),
    Trap("customers", "notes", "empty text beside NULL, backslashes, tabs, line ends and \\N"),
    Trap("product_suppliers", "supplier_code", "WITHOUT ROWID with a key of two columns"),
    Trap("departments", "head_id", "a cycle of references with employees"),
    Trap("employees", "manager_id", "a table that refers to itself"),
    Trap("stock_movements", "shelf", "a reference of two columns"),
    Trap("customers", "lower(email)", "an index on an expression"),
    Trap("orders", "placed_at", "a partial index"),
    Trap("Order Group", "select", "names that are reserved words or need quotes"),
    Trap(NEWSLETTER, LONG_COLUMN, "names longer than 63 bytes, two of them alike in the first 63"),
    Trap("page_views", "", "no key at all, and rows that occur twice"),
    Trap("archived_orders", "", "an empty table"),
    Trap("products", "price", "money with two decimals, kept as binary floating point"),
    Trap("customers", "is_active", "truth values as 0 and 1"),
    Trap("products", "attributes", "JSON, with an escaped NUL in one"),
    Trap("accounts", "public_id", "UUIDs as text, some in upper case"),
]

SETTINGS: list[Row] = [
    ("currency", "EUR"),
    ("free_shipping_from", 49.9),
    ("items_per_page", 24),
    ("logo", b"\x00\x01\xfe\xff"),
    ("maintenance", None),
    ("maintenance_message", ""),
    ("opened", "2019-01-01"),
    ("time_offset", -0.0),
    ("vat_percent", "19"),
]
COUNTERS: list[Row] = [
    ("clicks", 9_223_372_036_854_775_807),
    ("debt", -9_223_372_036_854_775_808),
    ("grains", 18_446_744_073_709_551_616.0),
    ("visitors", 1_204_332),
]
# Rows that exist for their trap: a statement and its parameters.
PLANTED: list[tuple[str, Row]] = [
    ("UPDATE products SET stock = 'n/a' WHERE id IN (?, ?)", (17, 35)),
    ("UPDATE products SET stock = ? WHERE id = ?", ("12 pcs", 23)),
    ("UPDATE products SET attributes = ? WHERE id = ?", ('{"note": "a\\u0000b"}', 11)),
    ("UPDATE products SET weight_kg = ? WHERE id = ?", (0.1, 1)),
    ("UPDATE products SET weight_kg = ? WHERE id = ?", (1e-300, 2)),
    ("UPDATE products SET weight_kg = ? WHERE id = ?", (float("inf"), 4)),
    ("UPDATE orders SET discount = ? WHERE id = ?", ("see mail", 40)),
    ("UPDATE orders SET discount = ? WHERE id IN (?, ?)", ("ten", 55, 90)),
    ("UPDATE customers SET birth_date = ? WHERE id IN (?, ?)", ("0000-00-00", 3, 9)),
    ("UPDATE customers SET birth_date = ? WHERE id = ?", ("2021-02-30", 12)),
    ("UPDATE customers SET birth_date = ? WHERE id = ?", ("unknown", 30)),
    ("UPDATE customers SET birth_date = ? WHERE id = ?", ("", 31)),
    ("UPDATE customers SET email = upper((SELECT email FROM customers WHERE id = ?)) WHERE id = ?", (5, 6)),
    ("UPDATE customers SET email = ? WHERE id = ?", ("Info@Example.com", 7)),
    ("UPDATE customers SET email = ? WHERE id = ?", ("info@example.com", 8)),
    ("UPDATE customers SET name = ? WHERE id = ?", ("\U0001f98a Fox & Söhne", 20)),
    ("UPDATE customers SET name = ? WHERE id = ?", ("Zoe\u0308 Mu\u0308ller", 21)),
    ("UPDATE customers SET name = ? WHERE id = ?", ("\u05e9\u05dc\u05d5\u05dd \u0639\u0644\u064a", 22)),
    ("INSERT INTO suppliers (code, name) VALUES (?, ?)", (None, "Code not known yet")),
    ("INSERT INTO suppliers (code, name) VALUES (?, ?)", (None, "Nor this one's")),
    ("UPDATE addresses SET customer_id = ? WHERE id = ?", (9_000_001, 100)),
    ("UPDATE addresses SET customer_id = ? WHERE id = ?", (9_000_002, 101)),
    ("UPDATE addresses SET customer_id = ? WHERE id = ?", (9_000_003, 102)),
    ("UPDATE product_images SET thumbnail = ? WHERE id IN (?, ?)", (b"", 5, 6)),
    ("UPDATE product_images SET thumbnail = ? WHERE id = ?", ("iVBORw0KGgo=", 7)),
    ("UPDATE product_images SET thumbnail = NULL WHERE id = ?", (8,)),
    ("UPDATE reviews SET body = ? WHERE id = ?", ("cut\0off", 10)),
    ("UPDATE reviews SET body = ? WHERE id = ?", ("\0", 11)),
]
