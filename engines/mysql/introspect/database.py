"""The database itself: character set, collation, and settings of the server that change meanings."""

from __future__ import annotations

from typing import Any

from engines.mysql.introspect.reader import Reader

DATABASE = """
    SELECT s.DEFAULT_CHARACTER_SET_NAME AS CHARSET, s.DEFAULT_COLLATION_NAME AS COLLATION
      FROM information_schema.SCHEMATA s WHERE s.SCHEMA_NAME = %s
"""
# session values that the connection set for itself are asked for as the server's own
SETTINGS = (
    "sql_mode", "lower_case_table_names", "time_zone", "system_time_zone", "default_storage_engine", "binlog_format",
    "log_bin", "binlog_row_image", "binlog_row_metadata", "gtid_mode", "gtid_domain_id", "gtid_strict_mode",
    "enforce_gtid_consistency", "server_id", "server_uuid", "character_set_server", "collation_server", "version",
    "version_comment", "innodb_version", "innodb_page_size", "innodb_default_row_format", "innodb_file_per_table",
    "innodb_strict_mode", "explicit_defaults_for_timestamp", "event_scheduler", "max_connections",
    "max_allowed_packet", "log_bin_trust_function_creators", "sql_require_primary_key", "read_only",
    "super_read_only", "local_infile", "secure_file_priv", "default_authentication_plugin", "auto_increment_increment",
    "auto_increment_offset", "ft_min_word_len", "innodb_ft_min_token_size", "transaction_isolation", "tx_isolation",
)  # fmt: skip


def read_database(reader: Reader) -> Any:
    """charset and collation of the database; None where it isn't to be seen."""
    rows = reader.rows("database", DATABASE)
    return rows[0] if rows else None


def read_settings(reader: Reader) -> dict[str, Any]:
    """The settings that there are, by name, as the server has them for everybody."""
    marks = ", ".join(["%s"] * len(SETTINGS))
    rows = reader.rows("settings", f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({marks})", parameters=SETTINGS)
    return {str(row[0]): str(row[1]) for row in rows}
