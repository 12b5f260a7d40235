-- A source that tries to get something done to itself whenever somebody reads from it; its owner is a superuser.
CREATE TABLE orders (id integer PRIMARY KEY, customer varchar(40), total integer);
INSERT INTO orders SELECT i, 'customer ' || i % 7, i * 10 FROM generate_series(1, 60) AS g (i);
CREATE SEQUENCE numbers START 100;
CREATE TABLE told (id serial PRIMARY KEY, what text);
CREATE EXTENSION dblink;

-- What it does happens on another connection: neither a read-only transaction nor a rollback takes it back.
CREATE FUNCTION evil() RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.dblink_exec(
        format('dbname=%s user=postgres host=%s port=%s', current_database(),
               current_setting('unix_socket_directories'), current_setting('port')),
        'INSERT INTO public.told (what) VALUES (''evil was called'')');
    RETURN 1;
END $$;
CREATE FUNCTION evil(orders) RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN public.evil(); END';
CREATE FUNCTION lower(orders) RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN public.evil(); END';
CREATE FUNCTION age(integer) RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN public.evil(); END';
CREATE FUNCTION allowed(integer) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN public.evil() = 1; END';

CREATE DOMAIN watched AS integer CHECK (allowed(VALUE));
CREATE TYPE holder AS (inside watched);
CREATE VIEW open_orders AS SELECT id, total FROM orders WHERE total > 50;
CREATE VIEW sneaky AS SELECT id, lo_create(0) AS made FROM orders;
CREATE VIEW below AS SELECT made FROM sneaky;
CREATE VIEW by_own_function AS SELECT id, evil() AS made FROM orders;
CREATE VIEW by_domain AS SELECT total::watched AS made FROM orders;
