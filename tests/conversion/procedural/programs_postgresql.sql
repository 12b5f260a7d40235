-- programs of every construct that PL/pgSQL and MySQL's stored programs share, and some that they don't
CREATE TABLE acc(id serial primary key, owner varchar(30) not null, balance numeric(10,2) not null default 0, active boolean not null default true);
CREATE TABLE hist(id serial primary key, acc_id int, what text, amount numeric(10,2), n int);
CREATE TABLE tot(owner varchar(30) primary key, cnt int not null, total numeric(12,2) not null);
CREATE FUNCTION acc_biu() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.balance < 0 THEN RAISE EXCEPTION 'negative balance % for %', NEW.balance, NEW.owner; END IF;
  IF TG_OP = 'INSERT' THEN
    NEW.owner := upper(NEW.owner);
  ELSIF TG_OP = 'UPDATE' AND NEW.owner <> OLD.owner THEN
    RAISE EXCEPTION 'owner fixed' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER acc_biu BEFORE INSERT OR UPDATE ON acc FOR EACH ROW EXECUTE FUNCTION acc_biu();
CREATE FUNCTION acc_log() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE c int;
BEGIN
  IF (TG_OP = 'DELETE') THEN
    INSERT INTO hist(acc_id, what, amount) VALUES (OLD.id, 'del', OLD.balance);
    RETURN OLD;
  ELSIF (TG_OP = 'UPDATE') THEN
    INSERT INTO hist(acc_id, what, amount) VALUES (NEW.id, lower(TG_OP), NEW.balance - OLD.balance);
    RETURN NEW;
  END IF;
  SELECT cnt INTO c FROM tot WHERE owner = NEW.owner;
  IF NOT FOUND THEN INSERT INTO tot(owner, cnt, total) VALUES (NEW.owner, 1, NEW.balance);
  ELSE DELETE FROM tot WHERE owner = NEW.owner; INSERT INTO tot VALUES (NEW.owner, c + 1, NEW.balance);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER acc_log AFTER INSERT OR UPDATE OR DELETE ON acc FOR EACH ROW EXECUTE FUNCTION acc_log();
CREATE FUNCTION big() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO hist(what) VALUES ('big'); RETURN NULL; END $$;
CREATE TRIGGER acc_when AFTER UPDATE ON acc FOR EACH ROW WHEN (NEW.balance > 1000) EXECUTE FUNCTION big();
CREATE FUNCTION fact(n int) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE r bigint := 1;
BEGIN FOR i IN 2..n LOOP r := r * i; END LOOP; RETURN r; END $$;
CREATE FUNCTION evens(n int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE s int := 0;
BEGIN
  FOR i IN REVERSE n..1 BY 1 LOOP
    CONTINUE WHEN i % 2 = 1;
    EXIT WHEN i = 2;
    s := s + i;
  END LOOP; RETURN s; END $$;
CREATE FUNCTION whil(n int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE s int := 0; k int = n;
BEGIN
  <<outer>> WHILE k > 0 LOOP
    k := k - 1;
    LOOP
      s := s + 1;
      IF s > 20 THEN EXIT outer; END IF;
      CONTINUE outer WHEN s % 3 = 0;
    END LOOP;
  END LOOP; RETURN s; END $$;
CREATE FUNCTION sum_rows(lim int) RETURNS numeric LANGUAGE plpgsql STABLE AS $$
DECLARE r record; s numeric(20,2) := 0;
BEGIN
  FOR r IN SELECT id, balance AS b FROM acc WHERE id <= lim ORDER BY id LOOP
    s := s + r.b * r.id;
  END LOOP;
  RETURN s;
END $$;
CREATE FUNCTION rec_of(p int) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE r record;
BEGIN SELECT owner, balance INTO r FROM acc WHERE id = p; RETURN r.owner; END $$;
CREATE FUNCTION kind_of(x int) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN CASE x WHEN 1 THEN RETURN 'one'; WHEN 2, 3 THEN RETURN 'few'; ELSE RETURN 'many'; END CASE; END $$;
CREATE FUNCTION sq(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * $1';
CREATE FUNCTION bal(o text) RETURNS numeric LANGUAGE sql STABLE AS 'SELECT total FROM tot WHERE owner = o';
CREATE FUNCTION open_acc(o text, b numeric) RETURNS int LANGUAGE plpgsql AS $$
DECLARE v int;
BEGIN INSERT INTO acc(owner, balance) VALUES (o, b) RETURNING id INTO v; RETURN v; END $$;
CREATE FUNCTION add_tot(o text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  BEGIN INSERT INTO tot(owner, cnt, total) VALUES (o, 0, 0);
  EXCEPTION WHEN unique_violation THEN RETURN 'dup'; END;
  RETURN 'ok';
END $$;
CREATE FUNCTION must(p int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE v text;
BEGIN SELECT owner INTO STRICT v FROM acc WHERE id = p; RETURN v; END $$;
CREATE PROCEDURE pay(a int, b int, amt numeric, INOUT ok int) LANGUAGE plpgsql AS $$
DECLARE have numeric;
BEGIN
  ok := 0;
  SELECT balance INTO have FROM acc WHERE id = a;
  IF have IS NULL OR have < amt THEN RETURN; END IF;
  UPDATE acc SET balance = balance - amt WHERE id = a;
  UPDATE acc SET balance = balance + amt WHERE id = b;
  ok := 1;
END $$;
CREATE FUNCTION wipe(p int) RETURNS void LANGUAGE sql AS 'DELETE FROM hist WHERE acc_id = p; DELETE FROM tot WHERE cnt = 0';
CREATE FUNCTION srf() RETURNS SETOF acc LANGUAGE sql AS 'SELECT * FROM acc';
CREATE FUNCTION dyn(t text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DELETE FROM ' || t; END $$;
CREATE FUNCTION skip_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER tot_skip BEFORE INSERT ON tot FOR EACH ROW WHEN (NEW.cnt < 0) EXECUTE FUNCTION skip_it();
CREATE FUNCTION undoing() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM hist; INSERT INTO tot VALUES('a',1,1); EXCEPTION WHEN OTHERS THEN NULL; END $$;
