"""A MySQL or MariaDB database as a side of a comparison: rows are hashed there wherever its SQL can render them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from conversion.documents.relations_mapping import DocumentMapping
from engines.columns import Kind
from engines.connection import Reference, secret
from engines.mysql.quoting import quote_identifier, quote_name
from engines.mysql.rowstream import Row
from engines.mysql.snapshot import MysqlSnapshot
from engines.mysql.walk import boundaries, not_transactional
from transfer.canonical.columns import ComparedTable, Role
from transfer.canonical.encoding import HALF, Digest, Hashing, Texts
from transfer.canonical.fetch_mysql import Fetched
from transfer.sides.blocks import Block, BlockHash
from transfer.sides.fast_mysql import answered, doubtful, server_block
from transfer.sides.local import BATCH_ROWS, Batch, LocalSide, hashed, in_span, with_all_digits
from transfer.sides.mysql_facts import Facts
from transfer.sides.mysql_queries import Plan, shown, spelled
from transfer.sides.side import SHOWN, Span
from transfer.sides.sql import range_column


def open_side(reference: Reference, role: Role) -> MysqlSide:
    """The database at a fresh moment."""
    return MysqlSide(MysqlSnapshot(secret(reference), reference.display), role, reference.display)


class MysqlSide(LocalSide):
    """A MySQL or MariaDB database. One reading at a time: it ends before the next begins."""

    engine = "mysql"

    def __init__(self, snapshot: MysqlSnapshot, role: Role, display: str) -> None:
        self.snapshot = snapshot
        self.role = role
        self.display = display
        self._facts = Facts(snapshot)
        self._note_position()

    def count(self, table: ComparedTable) -> int:
        """One aggregate query."""
        return int(self.snapshot.query(f"SELECT COUNT(*) FROM {quote_name(*table.place(self.role))}")[0][0])

    def bounds(self, table: ComparedTable, rows: int) -> list[int]:
        """By one walk along the key's index."""
        column = range_column(table)
        if column is None:
            return []
        return boundaries(self.snapshot.query, *table.place(self.role), column.held(self.role).name, rows)

    def digests(self, table: ComparedTable, span: Span, hashing: Hashing) -> dict[int, Digest]:
        """One query of sums; rows that pass max_allowed_packet are read and hashed here."""
        plan = self._plan(table)
        if plan.row is None:
            return super().digests(table, span, hashing)
        found: dict[int, Digest] = {}
        unhashed = 0
        for values in self.snapshot.query(plan.sums(span, hashing)):
            bucket, rows, hashes, high, low = (int(value or 0) for value in values)
            unhashed += rows - hashes
            if hashes:
                found[bucket] = Digest(hashes, high % HALF, low % HALF)
        if unhashed:
            for _, hash_ in self._unhashed(plan, table, span, hashing):
                bucket = int.from_bytes(hash_[:2], "big") % span.of
                found[bucket] = found.get(bucket, Digest()).with_row(hash_)
        return found

    def hashes(self, table: ComparedTable, span: Span, hashing: Hashing) -> Iterator[list[tuple[bytes, bytes]]]:
        """Keys and hashes as the server gives them; rows that pass max_allowed_packet are hashed here."""
        plan = self._plan(table)
        if not plan.pushed:
            yield from super().hashes(table, span, hashing)
            return
        unhashed = 0
        for rows in self.snapshot.rows(plan.hashes(span, hashing), BATCH_ROWS):
            pairs = [(row[0], bytes.fromhex(row[-1].decode())) for row in rows if row[-1] is not None]
            unhashed += len(rows) - len(pairs)
            yield pairs if plan.key else [(found, found) for _, found in pairs]
        if unhashed:
            yield list(self._unhashed(plan, table, span, hashing))

    def rows(
        self, table: ComparedTable, span: Span, keys: Collection[bytes], hashing: Hashing
    ) -> Iterator[tuple[bytes, Texts]]:
        """By the key's index where it finds the keys' values, else by a condition on every row of the span."""
        wanted = keys if isinstance(keys, set | frozenset | dict) else set(keys)
        plan = self._plan(table)
        whole = self._plan(with_all_digits(table))
        rounded = [
            place
            for place, column in enumerate(table.columns)
            if column.digits is not None and column.name not in table.key
        ]
        extra = [plan.columns[place] for place in rounded]
        for where in plan.wheres(wanted, hashing):
            for batch in self._batches(whole, span, where, extra):
                cut = Batch(list(batch.columns[: len(table.columns)]), batch.rows)
                for place, column in zip(rounded, batch.columns[len(table.columns) :], strict=True):
                    cut.columns[place] = column
                hashes = hashed(cut.encoded(), hashing) if span.buckets is not None or not table.key else None
                names: Sequence[bytes] = cut.keys(table) if table.key else hashes or []
                places = [n for n, name in enumerate(names) if name in wanted]
                if hashes is not None:
                    places = [n for n in places if in_span(hashes[n], span)]
                if places:
                    texts = [column.texts for column in batch.columns[: len(table.columns)]]
                    for n in places:
                        yield names[n], [column[n] for column in texts]

    def stream(self, table: ComparedTable, span: Span) -> Iterator[list[tuple[bytes, bytes]]]:
        """Keys and whole rows, encoded by the server where its SQL can do it."""
        plan = self._plan(table)
        if not plan.pushed or span.buckets is not None:
            yield from super().stream(table, span)
            return
        long = 0
        key = f"{plan.key}, " if plan.key else ""
        sql = f"SELECT {key}CONCAT({plan.row}) {plan.source(span)}"
        for rows in self.snapshot.rows(sql, BATCH_ROWS):
            pairs = [(row[0], row[-1]) for row in rows if row[-1] is not None]
            long += len(rows) - len(pairs)
            if pairs:
                yield pairs
        if long:
            where = f"CONCAT({plan.row}) IS NULL"
            for batch in self._batches(plan, span, where):
                whole = batch.encoded()
                yield list(zip(batch.keys(table) if table.key else whole, whole, strict=True))

    def batches(self, table: ComparedTable, span: Span) -> Iterator[Batch]:
        """The span's rows, rendered here."""
        return self._batches(self._plan(table), span)

    def originals(
        self,
        table: ComparedTable,
        columns: Sequence[str],
        keys: Collection[bytes],
        hashing: Hashing | None = None,
    ) -> Iterator[tuple[bytes, dict[str, tuple[str, object]]]]:
        """Class (`blob` of binary types, else `text`) and the value as the server sends it, texts in UTF-8.

        A text without code points is given by its own bytes; where it is part of a row's locator it stands there as
        the server converts it, which is given too (SHOWN).
        """
        wanted = keys if isinstance(keys, set | frozenset | dict) else set(keys)
        plan = self._plan(table)
        classes = self._classes(table)
        kinds = {held.name: held.type.kind for held in (column.held(self.role) for column in table.columns)}
        more = [spelled(name, plan.live.get(name), kinds.get(name)) for name in columns]
        others = [name for name in table.locator if shown(name, kinds.get(name)) not in more]
        more += [shown(name, kinds.get(name)) for name in others]
        columns = [*columns, *(SHOWN + name for name in others)]
        compared = len(table.columns)
        hashing = hashing or Hashing.new()
        for where in plan.wheres(wanted, hashing):
            for rows in self.snapshot.rows(plan.select(Span(), where, more), BATCH_ROWS):
                batch = _rendered(plan.columns, rows)
                names = batch.keys(table) if table.key else hashed(batch.encoded(), hashing)
                for row, name in zip(rows, names, strict=True):
                    if name in wanted:
                        kept = zip(columns, row[compared:], strict=True)
                        yield name, {c: ("null" if v is None else classes.get(c, "text"), v) for c, v in kept}

    def block(self, table: ComparedTable, span: Span, key: str, there: bool) -> Block:
        """The span's rows hashed at once (transfer/sides/blocks.py); there: by the server, else here."""
        plan = self._plan(table)
        behind = plan.source(span)
        [order] = table.key_columns
        ordered = f" ORDER BY {quote_identifier(order.held(self.role).name)}"
        if there:
            digests = server_block(plan.columns, self.role, key)
            [row] = self.snapshot.query(f"SELECT COUNT(*), {', '.join(digests)} {behind}")
            return answered(row)
        hashing, flags = BlockHash(table.columns, key), doubtful(plan.columns, self.role)
        reads = ", ".join([*(column.select for column in plan.columns), *flags.values()])
        for rows in self.snapshot.rows(f"SELECT {reads} {behind}{ordered}", BATCH_ROWS):
            values = list(zip(*rows, strict=True))
            pairs = zip(plan.columns, values, strict=False)
            hashing.add([found if column.written else column.render(found).texts for column, found in pairs])
            nulls = sum(values[place].count(None) for place in flags)
            if nulls != sum(found.count(b"1") for found in values[len(plan.columns) :]):
                return Block(0, None)  # a text passes max_allowed_packet
        return hashing.done()

    def blocks_there(self, table: ComparedTable) -> bool:
        """Whether the server can hash blocks itself."""
        return all(column.written for column in self._plan(table).columns)

    def momentless(self, tables: Sequence[ComparedTable]) -> dict[str, str]:
        """Tables of a storage engine without transactions, such as MyISAM."""
        places = {table.place(self.role): table.name for table in tables}
        found = not_transactional(self.snapshot.query, list(places))
        return {places[place]: f"{engine} keeps no snapshot" for place, engine in found.items()}

    def refresh(self) -> None:
        """A new moment."""
        self.snapshot.refresh()
        self._facts.clear()
        self._note_position()

    def cancel(self) -> None:
        """End the query that runs now."""
        super().cancel()
        self.snapshot.cancel()

    def close(self) -> None:
        """End the transaction and the connection."""
        self.snapshot.close()

    def _note_position(self) -> None:
        self.position = self.snapshot.position

    def _plan(self, table: ComparedTable) -> Plan:
        held = [column.held(self.role).name for column in table.columns]
        live = self._facts.of(table.place(self.role), held)
        if isinstance(table.documents, DocumentMapping):
            live = {name: replace(found, own=True) for name, found in live.items()}
        return Plan.of(table, self.role, self.snapshot.server, live)

    def _classes(self, table: ComparedTable) -> dict[str, str]:
        held = (column.held(self.role) for column in table.columns)
        return {one.name: "blob" if one.type.kind in (Kind.BINARY, Kind.GEOMETRY) else "text" for one in held}

    def _unhashed(
        self, plan: Plan, table: ComparedTable, span: Span, hashing: Hashing
    ) -> Iterator[tuple[bytes, bytes]]:
        """Key and hash of the rows that the server can't hash, because they pass max_allowed_packet."""
        for batch in self._batches(plan, span, f"{plan.hash(hashing)} IS NULL"):
            found = hashed(batch.encoded(), hashing)
            for pair in zip(batch.keys(table) if table.key else found, found, strict=True):
                if in_span(pair[1], span):
                    yield pair

    def _batches(self, plan: Plan, span: Span, where: str = "", more: Sequence[Fetched] = ()) -> Iterator[Batch]:
        columns = [*plan.columns, *more]
        for rows in self.snapshot.rows(plan.select(span, where, [column.select for column in more]), BATCH_ROWS):
            yield _rendered(columns, rows)


def _rendered(columns: Sequence[Fetched], rows: list[Row]) -> Batch:
    values = zip(*rows, strict=True)
    return Batch([column.render(found) for column, found in zip(columns, values, strict=False)], len(rows))
