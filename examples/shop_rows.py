"""The rows of the example, table by table, from one seeded source of chance."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from examples.shop_traps import COUNTERS, LONG_COLUMN, NEWSLETTER, PLANTED, SETTINGS
from examples.shop_words import CITIES, COMMENTS, FIRST_NAMES, GOODS, LAST_NAMES, MATERIALS, REVIEWS, STREETS

SEED = 20_240_229
SHARES = {  # of all rows; what isn't named here has a fixed number
    "order_items": 0.40,
    "orders": 0.16,
    "payments": 0.12,
    "customers": 0.07,
    "addresses": 0.07,
    "page_views": 0.06,
    "accounts": 0.03,
    "stock_movements": 0.03,
    "product_suppliers": 0.016,
    "reviews": 0.014,
    NEWSLETTER: 0.012,
    "products": 0.008,
    "product_images": 0.008,
}
FIRST_MOMENT = 1_546_300_800  # 2019-01-01 00:00:00 UTC
SECONDS_OF_HISTORY = 5 * 365 * 86_400
JULIAN_EPOCH = 2_440_587.5  # 1970-01-01 00:00:00 UTC
DAYS = [f"{y}-{m:02}-{d:02}" for y in range(2019, 2024) for m in range(1, 13) for d in range(1, 29)]
TIMES = [f"{h:02}:{m:02}:{s:02}" for h in range(24) for m in range(0, 60, 3) for s in (0, 7, 31)]

Row = tuple[Any, ...]

CUSTOMER_COLUMNS = "id, email, name, phone, country, is_active, birth_date, notes, created_at, last_login_at"
PRODUCT_COLUMNS = "id, sku, name, category_id, price, weight_kg, stock, attributes, discontinued, updated_at"
ORDER_COLUMNS = "id, customer_id, status, placed_at, paid_at, shipped_on, discount, total"
STATUSES = ["paid", "shipped", "shipped", "shipped", "returned", "paid", "shipped", "cancelled", "open", "shipped"]
TOTALS = """
    UPDATE orders SET total = (
        SELECT round(sum(i.quantity * i.unit_price), 2) FROM order_items i WHERE i.order_id = orders.id)
"""


class Shop:
    """Fills the tables, parents first, from one seeded source of chance."""

    def __init__(self, connection: sqlite3.Connection, rows: int) -> None:
        self.connection = connection
        self.random = random.Random(SEED)
        self.count = {table: int(rows * share) for table, share in SHARES.items()}
        self.prices: list[float] = []

    def fill(self) -> None:
        """All tables, then the traps that are single rows."""
        self.insert("departments", "id, name, head_id", ((n, f"Department {n}", n * 7) for n in range(1, 13)))
        self.insert("employees", "id, name, department_id, manager_id, hired_on, salary", self.employees())
        self.insert("categories", "id, parent_id, slug, title", self.categories())
        self.insert("customers", CUSTOMER_COLUMNS, self.customers())
        self.insert("accounts", "login, customer_id, public_id, preferences", self.accounts())
        self.insert("addresses", "id, customer_id, label, street, city, postal_code", self.addresses())
        self.insert("products", PRODUCT_COLUMNS, self.products())
        self.insert("product_images", "id, product_id, mime, thumbnail", self.images())
        self.insert("suppliers", "code, name, rating, contract_until", self.suppliers())
        self.insert("product_suppliers", "product_id, supplier_code, purchase_price, lead_days", self.purchases())
        self.insert("bins", "warehouse, shelf, capacity", ((w, s, s * 10) for w in "ABC" for s in range(1, 101)))
        self.insert("stock_movements", "id, product_id, warehouse, shelf, quantity, moved_at", self.movements())
        self.insert("orders", ORDER_COLUMNS, self.orders())
        self.insert("order_items", "order_id, line, product_id, quantity, unit_price", self.order_items())
        self.insert("payments", "id, order_id, method, amount, settled_at", self.payments())
        self.insert("reviews", "id, product_id, customer_id, rating, body, written_at", self.reviews())
        self.insert("page_views", "path, viewed_at, seconds, customer_id", self.page_views())
        self.insert(NEWSLETTER, f"customer_id, channel, {LONG_COLUMN}, {LONG_COLUMN}_since", self.newsletters())
        self.insert("Order Group", '"select", "from", "Mixed Case", "user"', self.groups())
        self.insert("audit_log", "happened_at, what, order_id", self.audit())
        self.insert("settings", "key, value", SETTINGS)
        self.insert("counters", "name, value", COUNTERS)
        self.connection.execute(TOTALS)
        for statement, parameters in PLANTED:
            self.connection.execute(statement, parameters)

    def insert(self, table: str, columns: str, rows: Iterable[Row]) -> None:
        """Insert rows with all their values as parameters."""
        marks = ", ".join("?" * (columns.count(",") + 1))
        self.connection.executemany(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', rows)

    def numbers(self, table: str) -> range:
        """1 to the number of rows of a table."""
        return range(1, self.count[table] + 1)

    def pick(self, table: str) -> int:
        """Some key of a table."""
        return 1 + int(self.random.random() * self.count[table])

    def choose(self, values: list[Any]) -> Any:
        """Some value of a list."""
        return values[int(self.random.random() * len(values))]

    def moment(self) -> str:
        """Some moment as text."""
        return f"{self.choose(DAYS)} {self.choose(TIMES)}"

    def seconds(self) -> int:
        """Some moment as seconds since 1970."""
        return FIRST_MOMENT + int(self.random.random() * SECONDS_OF_HISTORY)

    def money(self, most: int) -> float:
        """An amount with two decimals."""
        return round(1 + self.random.random() * most, 2)

    def name(self) -> str:
        """A person's name."""
        return f"{self.choose(FIRST_NAMES)} {self.choose(LAST_NAMES)}"

    def uuid(self) -> str:
        """A UUID of version 4 as text."""
        digits = f"{self.random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def employees(self) -> Iterator[Row]:
        for n in range(1, 121):
            yield n, self.name(), 1 + n % 12, n // 8 or None, self.choose(DAYS), self.money(9_000)

    def categories(self) -> Iterator[Row]:
        for n in range(1, 61):
            yield n, n // 6 or None, f"{self.choose(GOODS)}-{n}", f"{self.choose(MATERIALS).title()} {n}"

    def customers(self) -> Iterator[Row]:
        for n in self.numbers("customers"):
            name = self.name()
            email = f"{name.replace(' ', '.').lower()}.{n}@example.com"
            phone = f"+49 30 {self.random.randrange(10**6, 10**7)}" if n % 4 else None
            notes = COMMENTS[n % len(COMMENTS)] if n % 9 == 0 else None
            login = self.seconds() if n % 3 else None
            country = self.choose(["DE", "AT", "CH", "FR", "PL"])
            yield n, email, name, phone, country, n % 11 != 0, self.choose(DAYS), notes, self.moment(), login

    def accounts(self) -> Iterator[Row]:
        for n in self.numbers("accounts"):
            preferences = json.dumps({"language": self.choose(["de", "en", "fr"]), "page": n % 50})
            public_id = self.uuid()
            yield f"User{n}", n, public_id if n % 500 else public_id.upper(), preferences

    def addresses(self) -> Iterator[Row]:
        for n in self.numbers("addresses"):
            street = f"{self.choose(STREETS)} {n % 200 + 1}"
            label = "home" if n <= self.count["customers"] else "work"
            customer = (n - 1) % self.count["customers"] + 1
            yield n, customer, label, street, self.choose(CITIES), f"{self.random.randrange(100_000):05}"

    def products(self) -> Iterator[Row]:
        for n in self.numbers("products"):
            price = self.money(400)
            self.prices.append(price)
            name = f"{self.choose(MATERIALS)} {self.choose(GOODS)}"
            attributes = json.dumps({"colour": self.choose(["red", "green", "blue"]), "sizes": [n % 5, n % 7]})
            weight = round(self.random.random() * 20, 3)
            yield n, f"SKU-{n:05}", name, n % 60 + 1, price, weight, n % 300, attributes, n % 13 == 0, self.moment()

    def images(self) -> Iterator[Row]:
        for n in self.numbers("product_images"):
            yield n, self.pick("products"), "image/png", b"\x89PNG\r\n\x1a\n" + self.random.randbytes(60 + n % 90)

    def suppliers(self) -> Iterator[Row]:
        for n in range(1, 201):
            yield f"S{n:03}", f"{self.choose(LAST_NAMES)} & {self.choose(LAST_NAMES)}", n / 7, self.choose(DAYS)

    def purchases(self) -> Iterator[Row]:
        products = self.count["products"]
        for n in range(self.count["product_suppliers"]):
            price = round(self.random.random() * 300, 4)
            yield n % products + 1, f"S{(n * 7 + n // products) % 200 + 1:03}", price, n % 40

    def movements(self) -> Iterator[Row]:
        for n in self.numbers("stock_movements"):
            quantity = self.random.randrange(1, 50) * (1 if n % 3 else -1)
            yield n, self.pick("products"), "ABC"[n % 3], n % 100 + 1, quantity, self.moment()

    def orders(self) -> Iterator[Row]:
        for n in self.numbers("orders"):
            day, paid = self.choose(DAYS), self.seconds() * 1000 + n % 1000
            status = STATUSES[n % len(STATUSES)]
            shipped = day if status in ("shipped", "returned") else None
            discount = n % 20 if n % 5 == 0 else None
            placed = f"{day} {self.choose(TIMES)}"
            yield n, self.pick("customers"), status, placed, paid if status != "open" else None, shipped, discount, 0

    def order_items(self) -> Iterator[Row]:
        for order in self.numbers("orders"):
            for line in range(1, order % 4 + 2):
                product = self.pick("products")
                yield order, line, product, 1 + (order + line) % 3, self.prices[product - 1]

    def payments(self) -> Iterator[Row]:
        for n in self.numbers("payments"):
            settled = JULIAN_EPOCH + self.seconds() / 86_400
            yield n, n, ("card", "transfer", "voucher")[n % 3], self.money(900), settled if n % 17 else None

    def reviews(self) -> Iterator[Row]:
        for n in self.numbers("reviews"):
            customer = self.pick("customers") if n % 10 else None
            written = f"{self.choose(DAYS)}T{self.choose(TIMES)}.{n % 1000:03}Z"
            yield n, self.pick("products"), customer, n % 5 + 1, REVIEWS[n % len(REVIEWS)], written

    def page_views(self) -> Iterator[Row]:
        previous: Row | None = None
        for n in self.numbers("page_views"):
            if n % 40 or previous is None:
                customer = self.pick("customers") if n % 3 == 0 else None
                previous = (
                    f"/p/{self.pick('products')}",
                    self.seconds(),
                    round(self.random.expovariate(0.05), 3),
                    customer,
                )
            yield previous

    def newsletters(self) -> Iterator[Row]:
        for n in self.numbers(NEWSLETTER):
            yield n, "mail" if n % 4 else "letter", ("de", "en", None)[n % 3], self.choose(DAYS)

    def groups(self) -> Iterator[Row]:
        for n in range(1, 41):
            yield n, f"partner {n}", None if n % 5 else f"Gruppe „{n}“", n

    def audit(self) -> Iterator[Row]:
        for n in range(1, 1001):
            yield self.moment(), "status open -> paid", n if n % 50 else None
