CREATE SCHEMA sales;
CREATE SCHEMA "odd ""name"".x";
COMMENT ON SCHEMA sales IS 'what is sold';

CREATE TYPE sales.mood AS ENUM ('sad', 'it''s ok', 'happy');
CREATE DOMAIN sales.email AS varchar(80) DEFAULT 'none@example' NOT NULL CONSTRAINT has_at CHECK (VALUE LIKE '%@%');
CREATE TYPE sales.address AS (street text COLLATE "C", number integer, "the zip" char(5));
CREATE TYPE sales.span AS RANGE (subtype = float8, subtype_diff = float8mi);
COMMENT ON TYPE sales.mood IS 'how they feel';

CREATE TABLE sales.customer (
    id integer GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 5),
    name varchar(40) COLLATE "C" NOT NULL,
    contact sales.email,
    feeling sales.mood DEFAULT 'happy',
    home sales.address,
    tags text[],
    credit numeric(12,3) DEFAULT 0,
    since timestamptz(3) DEFAULT now(),
    flags bit(8),
    doc jsonb,
    worth sales.span,
    full_name text GENERATED ALWAYS AS (upper(name)) STORED,
    CONSTRAINT customer_pk PRIMARY KEY (id) INCLUDE (name),
    CONSTRAINT customer_name_key UNIQUE (name) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT credit_positive CHECK (credit >= 0) NO INHERIT
);
COMMENT ON TABLE sales.customer IS 'who buys';
COMMENT ON COLUMN sales.customer.name IS 'as on the passport';
COMMENT ON CONSTRAINT credit_positive ON sales.customer IS 'no debts';
CREATE INDEX customer_lower ON sales.customer (lower(name) text_pattern_ops, credit DESC NULLS LAST) INCLUDE (since)
    WHERE credit > 10;
CREATE UNIQUE INDEX customer_contact ON sales.customer ((contact::text) COLLATE "C");
CREATE INDEX customer_doc ON sales.customer USING gin (doc jsonb_path_ops);
ALTER TABLE sales.customer CLUSTER ON customer_pk;
COMMENT ON INDEX sales.customer_doc IS 'for searching';
ALTER TABLE sales.customer REPLICA IDENTITY FULL;
ALTER TABLE sales.customer ENABLE ROW LEVEL SECURITY;
ALTER TABLE sales.customer FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON sales.customer USING (name = current_user);
CREATE POLICY "well off" ON sales.customer AS RESTRICTIVE FOR UPDATE TO postgres, pg_monitor
    USING (true) WITH CHECK (credit > 0);
ALTER TABLE sales.customer ALTER name SET STATISTICS 500, ALTER name SET STORAGE EXTERNAL,
    ALTER name SET (n_distinct = -0.5);

CREATE TABLE sales.purchase (
    id bigserial,
    customer_id integer NOT NULL,
    placed date NOT NULL,
    total money,
    PRIMARY KEY (id, placed),
    CONSTRAINT purchase_customer FOREIGN KEY (customer_id) REFERENCES sales.customer (id)
        ON UPDATE CASCADE ON DELETE SET NULL DEFERRABLE
) PARTITION BY RANGE (placed);
CREATE TABLE sales.purchase_2024 PARTITION OF sales.purchase FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE sales.purchase_rest PARTITION OF sales.purchase DEFAULT PARTITION BY LIST (id);
CREATE TABLE sales.purchase_rest_1 PARTITION OF sales.purchase_rest FOR VALUES IN (1, 2);
CREATE INDEX purchase_customer_idx ON sales.purchase (customer_id) WITH (fillfactor = 60);

CREATE TABLE parent (a integer CHECK (a > 0), b text);
CREATE TABLE child (c point) INHERITS (parent);
INSERT INTO parent VALUES (1, 'x'), (2, NULL);
INSERT INTO child VALUES (3, 'yyyé', NULL);
CREATE UNLOGGED TABLE fleeting (x integer, y integer) WITH (fillfactor = 70);
ALTER TABLE fleeting ADD CONSTRAINT late FOREIGN KEY (y) REFERENCES sales.customer MATCH FULL NOT VALID;
ALTER TABLE fleeting ADD CONSTRAINT later CHECK (x > 0) NOT VALID;
CREATE TABLE booking (room integer, during tsrange, EXCLUDE USING gist (during WITH &&));

CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER nowhere;
CREATE FOREIGN TABLE far (id integer, label text) SERVER elsewhere OPTIONS (path '/a=b');

CREATE VIEW sales.rich WITH (security_barrier) AS SELECT id, name FROM sales.customer WHERE credit > 1000;
COMMENT ON VIEW sales.rich IS 'big spenders';
CREATE VIEW richer AS SELECT r.id FROM sales.rich r JOIN parent p ON p.a = r.id;
CREATE MATERIALIZED VIEW sales.totals AS SELECT customer_id, count(*) AS n FROM sales.purchase GROUP BY 1;
CREATE UNIQUE INDEX totals_customer ON sales.totals (customer_id);

CREATE SEQUENCE sales.ticket AS smallint INCREMENT BY -2 MINVALUE -100 MAXVALUE 50 START 50 CACHE 7 CYCLE;
SELECT nextval('sales.ticket'), nextval('sales.ticket');
CREATE SEQUENCE sales.untouched START 7;
SELECT setval('sales.untouched', 99, false);

CREATE FUNCTION sales.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE FUNCTION sales.touch(integer, VARIADIC text[]) RETURNS integer LANGUAGE sql AS 'SELECT 1';
COMMENT ON FUNCTION sales.touch() IS 'does nothing';
CREATE FUNCTION careful("a b" integer DEFAULT 3, OUT total numeric) LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER
    PARALLEL SAFE COST 7 SET search_path = sales, pg_temp AS $$ BEGIN total := "a b"; END $$;
CREATE PROCEDURE sales.tidy(INOUT n integer) LANGUAGE plpgsql AS $$ BEGIN n := n + 1; END $$;
CREATE AGGREGATE sales.product (numeric) (SFUNC = numeric_mul, STYPE = numeric, INITCOND = '1', PARALLEL = safe);
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE OF name ON sales.customer
    FOR EACH ROW WHEN (NEW.name IS NOT NULL) EXECUTE FUNCTION sales.touch();
COMMENT ON TRIGGER stamp ON sales.customer IS 'not much';
CREATE TRIGGER parts AFTER DELETE ON sales.purchase FOR EACH ROW EXECUTE FUNCTION sales.touch();
CREATE TRIGGER instead INSTEAD OF INSERT ON sales.rich FOR EACH ROW EXECUTE FUNCTION sales.touch();
ALTER TABLE sales.customer DISABLE TRIGGER stamp;
CREATE RULE quiet AS ON DELETE TO parent DO INSTEAD NOTHING;
CREATE STATISTICS sales.linked ON id, name FROM sales.customer;

CREATE TABLE "odd ""name"".x"."select" (
    "a.b" integer PRIMARY KEY,
    "new
line" text,
    "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg" integer REFERENCES "odd ""name"".x"."select"
);
CREATE INDEX "it's ""an"" index" ON "odd ""name"".x"."select" ("new
line");

INSERT INTO sales.customer (name, contact) VALUES ('one', 'a@b'), ('two', 'c@d');
ANALYZE sales.customer;

GRANT SELECT ON parent TO public;
GRANT SELECT, INSERT ON sales.rich TO pg_monitor;
GRANT SELECT (name), UPDATE (name) ON sales.customer TO pg_monitor;
GRANT USAGE ON SCHEMA sales TO pg_monitor WITH GRANT OPTION;
GRANT USAGE ON SEQUENCE sales.ticket TO public;
GRANT EXECUTE ON FUNCTION sales.product(numeric) TO public;
GRANT USAGE ON TYPE sales.mood TO public;
