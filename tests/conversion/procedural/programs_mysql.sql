-- programs of every construct that MySQL's stored programs and PL/pgSQL share, and some that they don't
CREATE TABLE acc(id int unsigned auto_increment primary key, owner varchar(30) not null, balance decimal(10,2) not null default 0, active tinyint(1) not null default 1, updated datetime null) engine=innodb;
CREATE TABLE hist(id bigint auto_increment primary key, acc_id int unsigned, what varchar(40), amount decimal(10,2), n int) engine=innodb;
CREATE TABLE tot(owner varchar(30) primary key, cnt int not null, total decimal(12,2) not null) engine=innodb;
DELIMITER $$
CREATE TRIGGER acc_bi BEFORE INSERT ON acc FOR EACH ROW BEGIN
  IF NEW.balance < 0 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'negative balance';
  END IF;
  SET NEW.owner = UPPER(NEW.owner), NEW.balance = ROUND(NEW.balance, 2);
  IF NEW.active IS NULL THEN SET NEW.active = TRUE; END IF;
END$$
CREATE TRIGGER acc_ai AFTER INSERT ON acc FOR EACH ROW BEGIN
  DECLARE c INT DEFAULT 0;
  SELECT COUNT(*) INTO c FROM tot WHERE owner = NEW.owner;
  IF c = 0 THEN INSERT INTO tot(owner, cnt, total) VALUES (NEW.owner, 1, NEW.balance);
  ELSE UPDATE tot SET cnt = cnt + 1, total = total + NEW.balance WHERE owner = NEW.owner;
  END IF;
  INSERT INTO hist SET acc_id = NEW.id, what = CONCAT('open ', NEW.owner), amount = NEW.balance;
END$$
CREATE TRIGGER acc_au AFTER UPDATE ON acc FOR EACH ROW
  CASE WHEN NEW.balance > OLD.balance THEN INSERT INTO hist(acc_id, what, amount) VALUES (NEW.id, 'in', NEW.balance - OLD.balance);
       WHEN NEW.balance < OLD.balance THEN INSERT INTO hist(acc_id, what, amount) VALUES (NEW.id, 'out', OLD.balance - NEW.balance);
       ELSE BEGIN END; END CASE$$
CREATE TRIGGER acc_bd BEFORE DELETE ON acc FOR EACH ROW BEGIN
  DELETE FROM hist WHERE acc_id = OLD.id;
  UPDATE tot SET cnt = cnt - 1, total = total - OLD.balance WHERE owner = OLD.owner;
END$$
CREATE FUNCTION fact(n INT) RETURNS BIGINT DETERMINISTIC NO SQL
BEGIN
  DECLARE r BIGINT DEFAULT 1; DECLARE i INT DEFAULT 2;
  WHILE i <= n DO SET r = r * i; SET i = i + 1; END WHILE;
  RETURN r;
END$$
CREATE FUNCTION collatz(n BIGINT) RETURNS INT DETERMINISTIC
BEGIN
  DECLARE steps INT DEFAULT 0;
  turns: LOOP
    IF n = 1 THEN LEAVE turns; END IF;
    SET steps = steps + 1;
    IF n MOD 2 = 0 THEN SET n = n DIV 2; ITERATE turns; END IF;
    SET n = 3 * n + 1;
  END LOOP turns;
  RETURN steps;
END$$
CREATE FUNCTION sum_rep(n INT) RETURNS INT DETERMINISTIC
BEGIN
  DECLARE s, i INT DEFAULT 0;
  REPEAT SET i = i + 1; SET s = s + i; UNTIL i >= n END REPEAT;
  RETURN s;
END$$
CREATE FUNCTION label_of(n INT) RETURNS VARCHAR(20) CHARSET utf8mb4 DETERMINISTIC
  CASE n WHEN 1 THEN RETURN 'one'; WHEN 2 THEN RETURN 'two'; ELSE RETURN CONCAT('n', n); END CASE$$
CREATE FUNCTION bal(p_owner VARCHAR(30)) RETURNS DECIMAL(12,2) READS SQL DATA
BEGIN
  DECLARE v DECIMAL(12,2) DEFAULT -1;
  SELECT total INTO v FROM tot WHERE owner = p_owner;
  RETURN v;
END$$
CREATE FUNCTION bal2(p_owner VARCHAR(30)) RETURNS DECIMAL(12,2) READS SQL DATA
BEGIN
  DECLARE v DECIMAL(12,2);
  DECLARE EXIT HANDLER FOR NOT FOUND RETURN -5;
  SELECT total INTO v FROM tot WHERE owner = p_owner;
  RETURN v;
END$$
CREATE FUNCTION is_rich(id INT) RETURNS BOOLEAN READS SQL DATA
BEGIN
  DECLARE b DECIMAL(10,2);
  SELECT acc.balance INTO b FROM acc WHERE acc.id = id;
  IF b > 100 THEN RETURN TRUE; END IF;
  RETURN FALSE;
END$$
CREATE FUNCTION open_acc(p_owner VARCHAR(30), p_b DECIMAL(10,2)) RETURNS INT MODIFIES SQL DATA
BEGIN
  INSERT INTO acc(owner, balance) VALUES (p_owner, p_b);
  RETURN LAST_INSERT_ID();
END$$
CREATE PROCEDURE pay(IN a INT, IN b INT, IN amt DECIMAL(10,2), OUT ok INT)
main: BEGIN
  DECLARE have DECIMAL(10,2);
  SET ok = 0;
  SELECT balance INTO have FROM acc WHERE id = a;
  IF have IS NULL OR have < amt THEN LEAVE main; END IF;
  UPDATE acc SET balance = balance - amt WHERE id = a;
  UPDATE acc SET balance = balance + amt WHERE id = b;
  SET ok = 1;
END$$
CREATE PROCEDURE number_all(OUT how_many INT, INOUT base INT)
BEGIN
  DECLARE done BOOLEAN DEFAULT FALSE;
  DECLARE v_id BIGINT; DECLARE v_what VARCHAR(40);
  DECLARE cur CURSOR FOR SELECT id, what FROM hist ORDER BY id;
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = TRUE;
  SET how_many = 0;
  OPEN cur;
  rows_loop: LOOP
    FETCH cur INTO v_id, v_what;
    IF done THEN LEAVE rows_loop; END IF;
    IF v_what LIKE 'open%' THEN ITERATE rows_loop; END IF;
    SET base = base + 1, how_many = how_many + 1;
    UPDATE hist SET n = base WHERE id = v_id;
  END LOOP;
  CLOSE cur;
END$$
CREATE PROCEDURE safe_add(IN o VARCHAR(30), OUT res VARCHAR(20))
BEGIN
  DECLARE EXIT HANDLER FOR 1062 SET res = 'dup';
  DECLARE EXIT HANDLER FOR SQLEXCEPTION SET res = 'error';
  SET res = 'start';
  INSERT INTO tot(owner, cnt, total) VALUES (o, 0, 0);
  SET res = 'ok';
END$$
CREATE PROCEDURE two(IN o VARCHAR(30), OUT r1 INT, OUT r2 INT)
BEGIN
  CALL pay(1, 2, 1, r1);
  CALL pay(1, 2, 1000000, r2);
END$$
CREATE PROCEDURE cont(OUT errs INT)
BEGIN
  DECLARE dup CONDITION FOR SQLSTATE '23000';
  DECLARE CONTINUE HANDLER FOR dup SET errs = errs + 1;
  SET errs = 0;
  INSERT INTO tot(owner, cnt, total) VALUES ('X1', 0, 0);
  INSERT INTO tot(owner, cnt, total) VALUES ('X1', 0, 0);
  INSERT INTO tot(owner, cnt, total) VALUES ('X1', 0, 0);
  INSERT INTO tot(owner, cnt, total) VALUES ('X2', 0, 0);
END$$
CREATE PROCEDURE many_rows(OUT v INT)
BEGIN
  SELECT cnt INTO v FROM tot WHERE cnt >= 0;
END$$
CREATE PROCEDURE nested(OUT v INT)
BEGIN
  DECLARE x INT DEFAULT 1;
  BEGIN DECLARE x INT DEFAULT 10; SET x = x + 1; SET v = x; END;
  SET v = v * 100 + x;
END$$
CREATE PROCEDURE copy_all(IN cnt INT)
BEGIN
  INSERT INTO hist(acc_id, what, amount) SELECT a.id, CONCAT('copy ', a.owner), a.balance FROM acc a WHERE a.id <= cnt ORDER BY a.id;
END$$
CREATE PROCEDURE r_set() SELECT * FROM acc$$
CREATE PROCEDURE dyn(t VARCHAR(20)) BEGIN SET @s = CONCAT('select ', t); PREPARE x FROM @s; EXECUTE x; END$$
CREATE PROCEDURE tx() BEGIN START TRANSACTION; DELETE FROM hist; COMMIT; END$$
CREATE EVENT ev ON SCHEDULE EVERY 1 DAY DO DELETE FROM hist WHERE id < 0$$
DELIMITER ;
