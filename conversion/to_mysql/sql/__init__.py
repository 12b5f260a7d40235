"""PostgreSQL expressions and queries as MySQL and MariaDB compute the same, written piece by piece."""
