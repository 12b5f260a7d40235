CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN percent AS numeric(5, 2) CHECK (VALUE BETWEEN 0 AND 100);
CREATE SEQUENCE ticket START 1000 INCREMENT 10;

CREATE TABLE person (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL COLLATE "C",
    mood mood DEFAULT 'ok',
    share percent,
    tags text[] DEFAULT '{}',
    grid integer[][],
    facts jsonb,
    photo bytea,
    ticket bigint DEFAULT nextval('ticket') UNIQUE,
    loud text GENERATED ALWAYS AS (upper(name)) STORED
);
CREATE TABLE extreme (
    id integer PRIMARY KEY,
    small smallint, large bigint, exact numeric, money numeric(30, 10),
    single real, double double precision,
    day date, wall timestamp, moment timestamptz, clock time, span interval,
    address inet, code uuid, bits bit varying, truth boolean
);
CREATE TABLE "Odd Name" ("select" integer, "Größe" text, PRIMARY KEY ("select", "Größe"));
CREATE TABLE note (author bigint REFERENCES person, body text);
CREATE TABLE event (id bigint NOT NULL, at date NOT NULL, what text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE event_2024 PARTITION OF event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE event_2025 PARTITION OF event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE event_rest PARTITION OF event DEFAULT;
CREATE INDEX note_author ON note (author) WHERE body IS NOT NULL;
CREATE INDEX person_facts ON person USING gin (facts);

CREATE FUNCTION doubled(value bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT value * 2';
CREATE FUNCTION notes_of(who bigint) RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM note WHERE author = who';
CREATE FUNCTION trimmed() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.body := btrim(NEW.body); RETURN NEW; END $$;
CREATE VIEW happy AS SELECT id, name, doubled(id) AS twice FROM person WHERE mood = 'happy';
CREATE MATERIALIZED VIEW moods AS SELECT mood, count(*) AS people FROM person GROUP BY mood;

INSERT INTO person (name, mood, share, tags, grid, facts, photo)
SELECT 'person ' || n, (enum_range(NULL::mood))[1 + n % 3], n % 100 + 0.25, ARRAY['a b', NULL, 'q"\', n::text],
       ARRAY[[n, 2], [3, NULL]], jsonb_build_object('n', n, 'deep', jsonb_build_array(1.50, NULL, E'\u00fc')),
       decode(md5(n::text), 'hex')
FROM generate_series(1, 2000) n;
INSERT INTO person (name, tags, photo) VALUES (E'tab\t line\n back\\ quote'' \U0001F98A', NULL, ''), ('', '{}', '\x00ff');
INSERT INTO extreme VALUES
    (1, -32768, -9223372036854775808, '-1e-30', -99999999999999999999.9999999999, '-0', '-Infinity', '-infinity',
     'infinity', '-infinity', '00:00', '-178000000 years', '::1/64', '00000000-0000-0000-0000-000000000000', B'', false),
    (2, 32767, 9223372036854775807, 'NaN', 0.0000000001, 'NaN', '1e-307', '4713-01-01 BC',
     '294276-12-31 23:59:59.999999', '1900-01-01 00:00:00.123456+05:45', '24:00', '1 mon -1 day 00:00:00.000001',
     '10.0.0.1', 'ffffffff-ffff-ffff-ffff-ffffffffffff', B'1010', true),
    (3, NULL, NULL, 1e100, NULL, 3.4028235e38, 'NaN', '5874897-12-31', '0044-03-15 BC', NULL, NULL, NULL, NULL, NULL,
     NULL, NULL);
INSERT INTO "Odd Name" VALUES (1, 'ä'), (1, 'b'), (2, '');
INSERT INTO note SELECT 1 + n % 50, CASE WHEN n % 7 > 0 THEN ' note ' || n % 300 END FROM generate_series(1, 3000) n;
INSERT INTO event SELECT n, DATE '2023-06-01' + n, 'event ' || n FROM generate_series(1, 1500) n;
REFRESH MATERIALIZED VIEW moods;
CREATE TRIGGER trim_note BEFORE INSERT OR UPDATE ON note FOR EACH ROW EXECUTE FUNCTION trimmed();
