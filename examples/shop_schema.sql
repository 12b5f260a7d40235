-- The schema of the example: a shop that has grown for years on SQLite. Its traps are listed in shop_database.py.

CREATE TABLE departments (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    head_id INTEGER REFERENCES employees (id) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE employees (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    department_id INTEGER NOT NULL,
    manager_id INTEGER REFERENCES employees,
    hired_on DATE NOT NULL,
    salary DECIMAL(10,2) CHECK (salary > 0),
    CONSTRAINT employees_department FOREIGN KEY (department_id) REFERENCES departments (id) ON DELETE RESTRICT
);

CREATE TABLE customers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    phone VARCHAR(20),
    country CHAR(2) NOT NULL DEFAULT 'DE',
    is_active BOOLEAN NOT NULL DEFAULT 1,
    birth_date DATE,
    notes TEXT,
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    last_login_at DATETIME -- the mobile application writes seconds since 1970
);
CREATE INDEX customers_email ON customers (email);
CREATE INDEX customers_email_folded ON customers (lower(email));

CREATE TABLE accounts (
    login TEXT NOT NULL COLLATE NOCASE UNIQUE,
    customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    public_id UUID NOT NULL UNIQUE,
    preferences JSON,
    PRIMARY KEY (customer_id)
);

CREATE TABLE addresses (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL,
    label TEXT NOT NULL DEFAULT 'home',
    street TEXT NOT NULL,
    city TEXT NOT NULL,
    postal_code TEXT,
    CONSTRAINT one_label_each UNIQUE (customer_id, label),
    FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
);

CREATE TABLE categories (
    id INTEGER PRIMARY KEY,
    parent_id INTEGER REFERENCES categories (id) ON DELETE SET NULL,
    slug TEXT NOT NULL UNIQUE COLLATE NOCASE,
    title TEXT NOT NULL
);

CREATE TABLE products (
    id INTEGER PRIMARY KEY,
    sku TEXT NOT NULL COLLATE NOCASE UNIQUE,
    name TEXT NOT NULL,
    category_id INTEGER REFERENCES categories (id),
    price DECIMAL(10,2) NOT NULL CHECK (price >= 0),
    weight_kg REAL,
    stock INTEGER NOT NULL DEFAULT 0, -- an import once wrote what the warehouse had typed
    attributes JSON,
    discontinued BOOLEAN NOT NULL DEFAULT FALSE,
    price_cents INTEGER GENERATED ALWAYS AS (CAST(round(price * 100) AS INTEGER)) STORED,
    label TEXT AS (sku || ' / ' || name) VIRTUAL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX products_category ON products (category_id, price DESC);

CREATE TABLE product_images (
    id INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    mime VARCHAR(40) NOT NULL,
    thumbnail BLOB
);

CREATE TABLE suppliers (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    rating FLOAT,
    contract_until DATE
);

CREATE TABLE product_suppliers (
    product_id INTEGER NOT NULL REFERENCES products (id),
    supplier_code TEXT NOT NULL REFERENCES suppliers (code),
    purchase_price NUMERIC(12,4),
    lead_days SMALLINT,
    PRIMARY KEY (product_id, supplier_code)
) WITHOUT ROWID;

CREATE TABLE bins (
    warehouse TEXT NOT NULL,
    shelf INTEGER NOT NULL,
    capacity INTEGER,
    CONSTRAINT bins_key PRIMARY KEY (warehouse, shelf)
);

CREATE TABLE stock_movements (
    id INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES products (id),
    warehouse TEXT NOT NULL,
    shelf INTEGER NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity <> 0),
    moved_at DATETIME NOT NULL,
    FOREIGN KEY (warehouse, shelf) REFERENCES bins (warehouse, shelf)
);

CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    status VARCHAR(20) NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'paid', 'shipped', 'returned', 'cancelled')),
    placed_at DATETIME NOT NULL,
    paid_at DATETIME, -- the payment provider's milliseconds since 1970
    shipped_on DATE,
    discount INTEGER, -- percent
    total DECIMAL(10,2) NOT NULL
);
CREATE INDEX orders_by_customer ON orders (customer_id, placed_at DESC);
CREATE INDEX orders_open ON orders (placed_at) WHERE status = 'open';

CREATE TABLE order_items (
    order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    line INTEGER NOT NULL,
    product_id INTEGER NOT NULL REFERENCES products (id),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    unit_price DECIMAL(10,2) NOT NULL,
    PRIMARY KEY (order_id, line)
);
CREATE INDEX order_items_product ON order_items (product_id);

CREATE TABLE payments (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    method TEXT NOT NULL,
    amount DECIMAL(10,2) NOT NULL,
    settled_at DATETIME -- the bookkeeping's julian days
);
CREATE INDEX payments_order ON payments (order_id);

CREATE TABLE reviews (
    id INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES products (id),
    customer_id INTEGER REFERENCES customers (id) ON DELETE SET NULL,
    rating TINYINT NOT NULL CHECK (rating BETWEEN 1 AND 5),
    body TEXT,
    written_at TEXT NOT NULL
);

CREATE TABLE settings (key TEXT PRIMARY KEY, value) WITHOUT ROWID;

CREATE TABLE page_views (path TEXT, viewed_at INTEGER, seconds REAL, customer_id INTEGER);

CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
);

CREATE TABLE archived_orders (
    id INTEGER PRIMARY KEY,
    archived_at DATETIME NOT NULL,
    document JSON
);

CREATE TABLE "Order Group" (
    "select" INTEGER PRIMARY KEY,
    "from" TEXT NOT NULL,
    "Mixed Case" TEXT,
    "user" INTEGER REFERENCES employees (id)
);

CREATE TABLE customer_newsletter_subscription_preferences_by_channel_and_language_v2 (
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    channel TEXT NOT NULL,
    customer_wants_to_receive_the_newsletter_in_this_language_and_channel CHAR(2),
    customer_wants_to_receive_the_newsletter_in_this_language_and_channel_since DATE,
    PRIMARY KEY (customer_id, channel)
);

CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    happened_at TEXT NOT NULL,
    what TEXT NOT NULL,
    order_id INTEGER
);

CREATE VIEW customer_totals AS
SELECT c.id, c.name, count(o.id) AS orders, round(coalesce(sum(o.total), 0), 2) AS spent, max(o.placed_at) AS last_order_at
FROM customers c LEFT JOIN orders o ON o.customer_id = c.id AND o.status <> 'cancelled'
GROUP BY c.id, c.name;

CREATE VIEW monthly_sales (month, orders, revenue) AS
SELECT strftime('%Y-%m', placed_at), count(*), round(sum(total), 2)
FROM orders WHERE status IN ('paid', 'shipped') GROUP BY strftime('%Y-%m', placed_at);

CREATE VIEW best_customers AS
SELECT id, name, spent FROM customer_totals WHERE spent > 1000 ORDER BY spent DESC, id LIMIT 100;

CREATE VIEW product_overview AS
SELECT p.id, p.sku, p.name, ifnull(k.title, '(none)') AS category, p.price,
       (SELECT avg(r.rating) FROM reviews r WHERE r.product_id = p.id) AS stars
FROM products p LEFT JOIN categories k ON k.id = p.category_id WHERE NOT p.discontinued;

CREATE TRIGGER orders_status_audit AFTER UPDATE OF status ON orders WHEN old.status <> new.status
BEGIN
    INSERT INTO audit_log (happened_at, what, order_id)
    VALUES (datetime('now'), 'status ' || old.status || ' -> ' || new.status, new.id);
END;

CREATE TRIGGER products_updated AFTER UPDATE OF price ON products
BEGIN
    UPDATE products SET updated_at = datetime('now') WHERE id = new.id;
END;

CREATE TRIGGER best_customers_delete INSTEAD OF DELETE ON best_customers
BEGIN
    UPDATE customers SET is_active = 0 WHERE id = old.id;
END;
