"""Functions of the engines that only read, and the words of SQL that stand before a parenthesis without being one."""

from __future__ import annotations

# Words that stand before a parenthesis in a query without being functions.
_SYNTAX = """
    select from where and or not in exists any all some values as on using over partition by order group
    having distinct union intersect except when then else case between like ilike similar to is filter within
    with recursive materialized limit offset fetch join left right inner outer full cross natural lateral
    window interval rows range groups array row returning cube rollup sets grouping set into glob regexp match
    escape collate end tablesample
"""
SYNTAX = frozenset(_SYNTAX.split())
_TYPES = """
    varchar char character bpchar nchar nvarchar text numeric decimal dec int integer bigint smallint real
    float double precision timestamp timestamptz time timetz bit varbit varying date boolean uuid json jsonb
    bytea blob interval signed unsigned tinyint mediumint
"""
TYPES = frozenset(_TYPES.split())
_COMMON = """
    abs avg ceil ceiling char_length character_length coalesce concat concat_ws count cast degrees exp extract
    first_value floor greatest lag last_value lead least length lower lpad ltrim max min mod nth_value nullif
    ntile octet_length percent_rank cume_dist pi position pow power radians rank dense_rank replace reverse
    round row_number rpad rtrim sign sqrt stddev substr substring sum trim upper variance acos asin atan atan2
    cos cot sin tan ln log log10 log2 trunc current_date current_time current_timestamp overlay repeat left
    right ascii
"""
_POSTGRESQL = """
    age array_agg array_append array_cat array_length array_ndims array_position array_prepend array_remove
    array_replace array_to_json array_to_string array_upper array_lower bit_and bit_length bit_or bool_and
    bool_or btrim cardinality cbrt chr clock_timestamp corr covar_pop covar_samp date_bin date_part date_trunc
    decode div encode every factorial format gcd lcm generate_series generate_subscripts grouping host initcap
    isfinite json_agg json_array_elements json_array_elements_text json_array_length json_build_array
    json_build_object json_each json_each_text json_extract_path json_extract_path_text json_object
    json_object_agg json_object_keys json_typeof jsonb_agg jsonb_array_elements jsonb_array_elements_text
    jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text jsonb_extract_path
    jsonb_extract_path_text jsonb_object_agg jsonb_object_keys jsonb_path_exists jsonb_path_query
    jsonb_path_query_array jsonb_path_query_first jsonb_pretty jsonb_set jsonb_strip_nulls jsonb_typeof
    json_strip_nulls justify_days justify_hours justify_interval lower_inc upper_inc isempty make_date
    make_interval make_time make_timestamp make_timestamptz md5 mode now num_nonnulls num_nulls numnode
    percentile_cont percentile_disc plainto_tsquery phraseto_tsquery querytree quote_ident quote_literal
    quote_nullable random regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace
    regexp_split_to_array regexp_split_to_table regexp_substr regr_slope row_to_json scale sha224 sha256
    sha384 sha512 split_part starts_with stddev_pop stddev_samp string_agg string_to_array string_to_table
    strpos strip timeofday to_char to_date to_hex to_json to_jsonb to_number to_timestamp to_tsquery
    to_tsvector translate trim_array ts_rank ts_headline unnest var_pop var_samp websearch_to_tsquery
    width_bucket gen_random_uuid unistr localtime localtimestamp statement_timestamp transaction_timestamp
"""
_SQLITE = """
    char changes date datetime group_concat glob hex ifnull iif instr json json_array json_array_length
    json_extract json_each json_group_array json_group_object json_insert json_object json_patch json_quote
    json_remove json_replace json_set json_tree json_type json_valid julianday like likelihood likely printf
    format quote random randomblob round soundex sqlite_version string_agg strftime time timediff total typeof
    unhex unicode unixepoch unlikely zeroblob median percentile percentile_cont if
"""
# without those that wait, lock, read files or change something: sleep, benchmark, get_lock, load_file, nextval, setval
_MYSQL = """
    adddate addtime aes_decrypt aes_encrypt any_value avg bin bin_to_uuid bit_and bit_count bit_length bit_or
    bit_xor char charset coercibility collation compress conv convert convert_tz crc32 curdate curtime date
    date_add date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear elt export_set field
    find_in_set format from_base64 from_days from_unixtime group_concat hex hour if ifnull inet6_aton inet6_ntoa
    inet_aton inet_ntoa insert instr interval is_ipv4 is_ipv6 isnull json_array json_array_append json_array_insert
    json_arrayagg json_compact json_contains json_contains_path json_depth json_detailed json_exists json_extract
    json_insert json_keys json_length json_merge_patch json_merge_preserve json_object json_objectagg json_overlaps
    json_quote json_query json_remove json_replace json_search json_set json_table json_type json_unquote
    json_valid json_value last_day lcase locate make_set makedate maketime md5 microsecond mid minute month
    monthname now oct ord period_add period_diff quarter quote rand regexp_instr regexp_like regexp_replace
    regexp_substr sec_to_time second sha sha1 sha2 soundex space st_asbinary st_astext st_srid st_x st_y std
    stddev_pop stddev_samp str_to_date strcmp subdate substring_index subtime sysdate time time_format time_to_sec
    timediff timestamp timestampadd timestampdiff to_base64 to_days to_seconds truncate ucase uncompress
    uncompressed_length unhex unix_timestamp utc_date utc_time utc_timestamp uuid_to_bin values var_pop var_samp
    week weekday weekofyear weight_string year yearweek user current_user database
"""
ALLOWED = {
    "mysql": frozenset((_COMMON + _MYSQL).split()),
    "mariadb": frozenset((_COMMON + _MYSQL).split()),
    "postgresql": frozenset((_COMMON + _POSTGRESQL).split()),
    "sqlite": frozenset((_COMMON + _SQLITE).split()) - {"changes"},
}
_MOVING = """
    random randomblob gen_random_uuid now clock_timestamp statement_timestamp transaction_timestamp timeofday
    current_date current_time current_timestamp localtime localtimestamp rand curdate curtime sysdate utc_date
    utc_time utc_timestamp unix_timestamp
"""
MOVING = frozenset(_MOVING.split())
