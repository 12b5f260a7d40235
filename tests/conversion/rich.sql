CREATE SCHEMA "Odd ""Schema";
CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy');
CREATE DOMAIN posint AS integer CHECK (VALUE > 0);
CREATE TYPE pair AS (a integer, b text);
CREATE TYPE floatrange AS RANGE (subtype = float8);
CREATE SEQUENCE loose START 7 INCREMENT 3 MINVALUE 1 MAXVALUE 1000 CYCLE;
CREATE FUNCTION double_it(x integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT x * 2';
CREATE TABLE "Odd ""Schema"."we""ird ☃" (
    "a b" integer PRIMARY KEY, "select" text COLLATE "C" DEFAULT 'x', j jsonb DEFAULT '{}'::jsonb);
CREATE TABLE parent (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 100) PRIMARY KEY, code char(3) NOT NULL UNIQUE,
    m mood DEFAULT 'happy', p posint, amount numeric(12,4) CHECK (amount >= 0 AND amount <> 5),
    tags text[] DEFAULT '{}', created timestamptz DEFAULT now(), seen timestamp DEFAULT '2024-01-02 03:04:05',
    doubled integer GENERATED ALWAYS AS (double_it(3)) STORED, during tstzrange, EXCLUDE USING gist (during WITH &&));
COMMENT ON TABLE parent IS 'a ''quoted'' \ comment';
COMMENT ON COLUMN parent.code IS 'code';
CREATE TABLE child (
    id serial PRIMARY KEY, parent_id bigint REFERENCES parent ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    code char(3) REFERENCES parent (code) ON UPDATE CASCADE, body text,
    CONSTRAINT ck CHECK (body IS NULL OR length(body) BETWEEN 1 AND 100));
CREATE INDEX child_expr ON child (lower(body), parent_id DESC NULLS LAST) WHERE body IS NOT NULL AND code IN ('a', 'b');
CREATE INDEX child_code ON child (code, parent_id DESC) WHERE id > 3;
CREATE INDEX parent_gin ON parent USING gin (tags);
CREATE TABLE cyc_a (id integer PRIMARY KEY, b integer);
CREATE TABLE cyc_b (id integer PRIMARY KEY, a integer REFERENCES cyc_a);
ALTER TABLE cyc_a ADD FOREIGN KEY (b) REFERENCES cyc_b;
CREATE TABLE part (id integer NOT NULL, d date NOT NULL, v text, PRIMARY KEY (id, d)) PARTITION BY RANGE (d);
CREATE TABLE part_23 PARTITION OF part FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE part_rest PARTITION OF part DEFAULT;
CREATE INDEX part_v ON part (v);
CREATE TABLE base (id integer, x text);
CREATE TABLE derived (extra integer) INHERITS (base);
CREATE VIEW v1 AS SELECT p.id, count(*) AS n FROM parent p LEFT JOIN child c ON c.parent_id = p.id GROUP BY p.id;
CREATE FUNCTION from_view() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT sum(n)::bigint FROM public.v1';
CREATE VIEW a_view AS SELECT from_view() AS total, v1.* FROM v1;
CREATE VIEW plain AS SELECT c.id, c.body FROM child c JOIN parent p ON p.id = c.parent_id WHERE c.body LIKE 'a_c%';
CREATE MATERIALIZED VIEW mv AS SELECT code, count(*) n FROM child GROUP BY code;
CREATE UNIQUE INDEX mv_code ON mv (code);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.body := trim(NEW.body); RETURN NEW; END $$;
CREATE TRIGGER touch_child BEFORE INSERT OR UPDATE ON child FOR EACH ROW WHEN (NEW.body IS NOT NULL)
    EXECUTE FUNCTION touch();
ALTER TABLE child DISABLE TRIGGER touch_child;
CREATE TRIGGER copied AFTER DELETE ON child FOR EACH STATEMENT EXECUTE FUNCTION touch();
ALTER TABLE child ENABLE ALWAYS TRIGGER copied;
CREATE UNLOGGED TABLE fast (k uuid PRIMARY KEY DEFAULT gen_random_uuid(), v bytea) WITH (fillfactor=70);
CREATE TABLE late (id bigint, ok boolean DEFAULT true NOT NULL);
ALTER TABLE late ADD FOREIGN KEY (id) REFERENCES parent NOT VALID;
ALTER TABLE late ADD CHECK (ok OR id > 3) NOT VALID;
CREATE TABLE seq_user (id integer DEFAULT nextval('loose') PRIMARY KEY, i interval DEFAULT '1 day', ip inet, t time(3));
ALTER TABLE parent ENABLE ROW LEVEL SECURITY;
ALTER TABLE parent FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON parent USING (id > 0);
CREATE POLICY watched ON parent AS PERMISSIVE FOR SELECT TO pg_monitor USING (true);
ALTER TABLE parent ALTER code SET STATISTICS 300, ALTER tags SET STORAGE EXTERNAL, ALTER tags SET (n_distinct = 5);
GRANT SELECT (code) ON parent TO pg_monitor;
CREATE RULE "quiet on ""x""" AS ON DELETE TO base DO INSTEAD NOTHING;
CREATE STATISTICS linked (dependencies) ON id, code FROM child;
COMMENT ON SCHEMA "Odd ""Schema" IS 'what''s odd';
CREATE AGGREGATE mysum(integer) (sfunc = int4pl, stype = integer, initcond = '0');
CREATE PROCEDURE proc(a integer) LANGUAGE sql AS 'INSERT INTO public.base VALUES (a, ''x'')';
CREATE VIEW checked AS SELECT id, x FROM base WHERE id > 0 WITH LOCAL CHECK OPTION;
