from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, column, insert, inspect, select, table, text, update

from core.candidates import HasToken
from core.errors import PresswatchError, StorageError
from storage import indexing, schema
from storage.db import Database
from storage.jobs import set_fact
from storage.search import candidates_page
from storage.tables import metadata, source_states, sources


def test_a_new_database_gets_all_tables(url: str) -> None:
    db = Database.open(url)

    before, after = schema.state(db), schema.upgrade(db)

    assert before == schema.SchemaState(None, schema.HEAD, empty=True)
    assert after == schema.SchemaState(schema.HEAD, schema.HEAD, empty=False)
    assert schema.upgrade(db) == after
    db.close()


def test_the_migrations_make_what_the_tables_say(db: Database) -> None:
    with db.read() as conn:
        context = MigrationContext.configure(conn, opts={"include_name": schema.is_of_metadata})
        assert compare_metadata(context, metadata) == []


def test_the_known_revisions_are_those_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)

    assert [script.revision for script in scripts.walk_revisions()][::-1] == list(schema.REVISIONS)
    assert scripts.get_heads() == [schema.HEAD]


def test_a_ready_database_is_opened_without_alembic(ready_url: str) -> None:
    code = (
        "import sys; from storage import schema; from storage.db import Database; db = Database.open(sys.argv[1]); "
        "print(schema.upgrade(db).current, 'alembic' in sys.modules); db.close()"
    )

    done = subprocess.run([sys.executable, "-c", code, ready_url], capture_output=True, text=True, check=True)

    assert done.stdout == f"{schema.HEAD} False\n"


def test_a_database_of_a_newer_program_is_refused_and_its_maker_named(db: Database) -> None:
    version = table("alembic_version", column("version_num"))
    db.write(lambda conn: conn.execute(update(version).values(version_num="0999")))
    db.write(lambda conn: set_fact(conn, schema.MADE_BY, "7.3.1"))

    with pytest.raises(
        StorageError, match=r"made by Presswatch 7\.3\.1 \(schema 0999\).*install Presswatch 7\.3\.1 or newer"
    ):
        schema.upgrade(db)

    assert schema.state(db).current == "0999"


def test_a_database_of_another_program_is_refused_and_left_alone(url: str) -> None:
    db = Database.open(url)
    db.write(lambda conn: conn.execute(text("CREATE TABLE recipes (name TEXT)")).rowcount)

    with pytest.raises(StorageError, match="a database of another program: name another one"):
        schema.upgrade(db)

    with db.read() as conn:
        assert inspect(conn).get_table_names() == ["recipes"]
    db.close()


def test_a_migration_that_fails_half_way_changes_nothing(url: str) -> None:
    db = Database.open(url)

    def half(conn: Connection) -> None:
        metadata.create_all(conn, tables=list(metadata.sorted_tables)[:5])
        raise LookupError("half way")

    with pytest.raises(LookupError):
        db.migrate(half)

    assert schema.state(db).empty
    assert schema.upgrade(db).current == schema.HEAD
    db.close()


def test_a_migration_may_make_a_table_anew_under_the_rows_that_refer_to_it(
    sqlite_db: Database, add_source: Callable[..., str]
) -> None:
    db = sqlite_db
    db.write(add_source)

    def anew(conn: Connection) -> None:
        conn.execute(text("CREATE TABLE sources_new AS SELECT * FROM sources"))
        conn.execute(text("DROP TABLE sources"))
        sources.create(conn)
        conn.execute(text("INSERT INTO sources SELECT * FROM sources_new"))
        conn.execute(text("DROP TABLE sources_new"))

    db.migrate(anew)

    with db.read() as conn:
        assert conn.execute(select(source_states.c.source_id)).scalars().all() == ["lake-post"]
    with pytest.raises(Exception, match="try again"):
        db.write(lambda conn: conn.execute(insert(source_states).values(source_id="nobody")))


def test_a_migration_that_breaks_references_is_undone(db: Database, add_source: Callable[..., str]) -> None:
    db.write(add_source)

    with pytest.raises(PresswatchError, match=r"would have broken references|violates foreign key"):
        db.migrate(lambda conn: conn.execute(sources.delete()).rowcount)

    with db.read() as conn:
        assert conn.execute(select(sources.c.id)).scalars().all() == ["lake-post"]


def test_an_index_of_older_rules_is_made_anew(
    db: Database, add_source: Callable[..., str], add_articles: Callable[..., list[int]]
) -> None:
    db.write(add_source)
    rows = [{"title": f"泉州港 {n}"} for n in range(2 * indexing.AT_ONCE + 1)]
    ids = db.write(lambda conn: add_articles(conn, rows, indexed=False))
    db.write(lambda conn: set_fact(conn, indexing.FACT, "older rules"))

    schema.upgrade(db)

    with db.read() as conn:
        assert indexing.is_current(conn)
        found = candidates_page(conn, HasToken("泉州"), limit=1000)
    assert sorted(place.id for place in found) == ids


def test_making_the_index_anew_goes_on_where_it_was_interrupted(
    db: Database, add_source: Callable[..., str], add_articles: Callable[..., list[int]]
) -> None:
    db.write(add_source)
    ids = db.write(
        lambda conn: add_articles(conn, [{"title": f"泉州港 {n}"} for n in range(150)], indexed=False)
    )
    db.write(lambda conn: set_fact(conn, indexing.FACT, "older rules"))
    db.write(indexing._begin)
    assert indexing.mend(db) == indexing.AT_ONCE

    schema.upgrade(db)

    with db.read() as conn:
        found = candidates_page(conn, HasToken("泉州"), limit=1000)
    assert sorted(place.id for place in found) == ids
