"""Migration scripts for MySQL and MariaDB."""
