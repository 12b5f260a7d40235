-- One of everything that MySQL and MariaDB both have, and names that are not easy.
CREATE TABLE customer (
    id int unsigned NOT NULL AUTO_INCREMENT COMMENT 'the number',
    tiny tinyint(1) NOT NULL DEFAULT 1,
    small smallint DEFAULT -5,
    medium mediumint unsigned,
    big bigint unsigned DEFAULT 18446744073709551615,
    padded int(5) unsigned zerofill,
    amount decimal(12,3) unsigned DEFAULT 1.500,
    plain decimal,
    ratio float,
    exact double DEFAULT 0.5,
    flags bit(5) DEFAULT b'101',
    name varchar(40) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'it''s \\ 100%\n',
    code char(3) CHARACTER SET ascii,
    said varchar(10) DEFAULT 'NULL',
    none varchar(10) DEFAULT NULL,
    empty varchar(10) NOT NULL DEFAULT '',
    computed varchar(20) DEFAULT (concat('a', 'b''c')),
    note text,
    story longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    raw binary(16),
    bytes varbinary(5) DEFAULT x'00ff27',
    picture mediumblob,
    mood enum('happy','it''s, "so"','back\\slash','') NOT NULL DEFAULT 'it''s, "so"',
    tags set('a','b c') DEFAULT 'a,b c',
    born date DEFAULT '1970-01-01',
    opens time(2),
    since datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
    seen timestamp NULL DEFAULT NULL,
    vintage year,
    doc json,
    spot point NOT NULL,
    doubled int GENERATED ALWAYS AS (small * 2) STORED,
    shout varchar(50) GENERATED ALWAYS AS (concat(upper(name), '!''')) VIRTUAL,
    PRIMARY KEY (id),
    UNIQUE KEY one_name (name, code) COMMENT 'both',
    UNIQUE KEY short_note (note(20)),
    KEY down (small DESC, medium),
    FULLTEXT KEY words (story),
    SPATIAL KEY places (spot),
    CONSTRAINT positive CHECK (amount > 0 AND name <> 'a''b\\')
) COMMENT = 'who "buys"' AUTO_INCREMENT = 20 ROW_FORMAT = COMPRESSED KEY_BLOCK_SIZE = 8;
CREATE TABLE region (id int PRIMARY KEY, parent int, a int NOT NULL, b int NOT NULL, UNIQUE (a, b),
    CONSTRAINT up FOREIGN KEY (parent) REFERENCES region (id) ON DELETE SET NULL ON UPDATE CASCADE);
CREATE TABLE visit (customer int unsigned, a int, b int, at datetime, text_key text NOT NULL, PRIMARY KEY (text_key(10), at),
    CONSTRAINT who FOREIGN KEY (customer) REFERENCES customer (id),
    CONSTRAINT whence FOREIGN KEY (a, b) REFERENCES region (a, b) ON DELETE CASCADE) COLLATE = utf8mb4_bin;
CREATE TABLE counted (n int, d date) PARTITION BY RANGE (year(d)) SUBPARTITION BY HASH (to_days(d)) SUBPARTITIONS 2
    (PARTITION old VALUES LESS THAN (2000) COMMENT = 'before', PARTITION rest VALUES LESS THAN MAXVALUE);
CREATE TABLE listed (id int, c char(2)) PARTITION BY LIST COLUMNS (c)
    (PARTITION ab VALUES IN ('a','b'), PARTITION none VALUES IN (NULL));
CREATE TABLE hashed (id int NOT NULL PRIMARY KEY) PARTITION BY LINEAR KEY (id) PARTITIONS 3;
CREATE TABLE kept (a int) ENGINE = MyISAM;
CREATE TABLE `odd.``"'%s\
name` (`select` int PRIMARY KEY, `a.b``c` int, UNIQUE KEY `k``.%` (`a.b``c`), CONSTRAINT `c'"` CHECK (`a.b``c` > 1));
CREATE TABLE Twin (id int);
CREATE TABLE twin (id int);
CREATE VIEW active AS SELECT c.id, upper(c.name) AS name FROM customer c JOIN visit ON visit.customer = c.id
    WHERE c.name LIKE '%test_schema.\'%' ORDER BY 1;
CREATE ALGORITHM = MERGE SQL SECURITY INVOKER VIEW checked AS SELECT id, name FROM active WHERE id > 1
    UNION SELECT n, d FROM counted;
CREATE VIEW updatable AS SELECT id, parent FROM region WHERE id < 10 WITH LOCAL CHECK OPTION;
CREATE TABLE gone (a int);
CREATE VIEW broken AS SELECT a FROM gone;
DROP TABLE gone;
DELIMITER //
CREATE TRIGGER later BEFORE INSERT ON region FOR EACH ROW BEGIN SET NEW.a = NEW.a + 1; END//
CREATE TRIGGER sooner BEFORE INSERT ON region FOR EACH ROW PRECEDES later SET NEW.b = 0//
CREATE DEFINER = `nobody such`@`%` TRIGGER orphaned AFTER DELETE ON region FOR EACH ROW INSERT INTO kept VALUES (OLD.id)//
CREATE FUNCTION twice(n int unsigned, t varchar(5) CHARACTER SET latin1) RETURNS varchar(20) CHARACTER SET utf8mb4
    DETERMINISTIC COMMENT 'doubles; "it''s"' RETURN concat(n * 2, t)//
CREATE PROCEDURE fill(IN a int, OUT b enum('x','y'), INOUT c decimal(10,2)) SQL SECURITY INVOKER MODIFIES SQL DATA
BEGIN
    DECLARE done int DEFAULT 0; -- a comment; with a semicolon
    INSERT INTO kept VALUES (a);
    SET b = 'x';
END//
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE COMMENT 'tidy' DO DELETE FROM kept//
CREATE EVENT once ON SCHEDULE AT '2031-05-06 07:08:09' DO DELETE FROM kept//
DELIMITER ;
