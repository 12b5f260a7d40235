-- What the shop's application asks its database, one query each.

-- name: orders_of_a_customer
SELECT id, status, placed_at, total FROM orders WHERE customer_id = 4711 ORDER BY placed_at DESC, id;

-- name: items_of_an_order
SELECT i.line, p.sku, p.name, i.quantity, i.unit_price, i.quantity * i.unit_price AS amount
FROM order_items i JOIN products p ON p.id = i.product_id
WHERE i.order_id = 20000 ORDER BY i.line;

-- name: customer_by_email
SELECT id, name, email FROM customers WHERE lower(email) = lower('Info@Example.com') ORDER BY id;

-- name: open_orders
SELECT id, customer_id, total FROM orders WHERE status = 'open' ORDER BY id LIMIT 50;

-- name: revenue_by_month
SELECT strftime('%Y-%m', placed_at) AS month, count(*) AS orders, round(sum(total), 2) AS revenue
FROM orders WHERE status IN ('paid', 'shipped') GROUP BY strftime('%Y-%m', placed_at) ORDER BY month;

-- name: best_selling_products
SELECT p.id, p.name, sum(i.quantity) AS sold
FROM order_items i JOIN products p ON p.id = i.product_id
GROUP BY p.id, p.name ORDER BY sold DESC, p.id LIMIT 20;

-- name: products_never_ordered
SELECT p.id, p.sku FROM products p
WHERE NOT EXISTS (SELECT 1 FROM order_items i WHERE i.product_id = p.id) ORDER BY p.id;

-- name: stars_of_products
SELECT product_id, count(*) AS reviews, avg(rating) AS stars
FROM reviews GROUP BY product_id HAVING count(*) > 2 ORDER BY product_id;

-- name: customers_without_orders
SELECT count(*) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL;

-- name: spending_of_customers
SELECT id, name, orders, spent FROM customer_totals ORDER BY spent DESC, id LIMIT 25;

-- name: category_tree
WITH RECURSIVE tree (id, title, depth) AS (
    SELECT id, title, 0 FROM categories WHERE parent_id IS NULL
    UNION ALL
    SELECT c.id, c.title, t.depth + 1 FROM categories c JOIN tree t ON c.parent_id = t.id
)
SELECT id, title, depth FROM tree ORDER BY depth, id;

-- name: search_products
SELECT id, name, ifnull(category_id, 0) AS category_id FROM products WHERE name LIKE '%oak%' AND NOT discontinued ORDER BY id;
