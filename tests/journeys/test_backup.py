"""`parley backup` while people talk, and a house that comes back from the copy."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path

from adapters.web.sandbox import Person
from storage.store import open_store
from tests.kit.parley import parley, parley_here
from tests.kit.postgres import Server
from tests.kit.running import House, answered, running_house


async def test_a_copy_is_taken_while_it_runs_and_people_go_on_from_it(tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    async with running_house(tmp_path) as house:
        async with Person(house.hub.url) as ann:
            await ann.says("before")
            assert await answered(ann, 1) == ["You said: before"]
            talking = asyncio.create_task(_talk(ann, 20))
            told = await asyncio.to_thread(parley, tmp_path, "backup", str(copy))
            await talking
            assert told.code == 0, told.said
            assert f"The database is copied to {copy}" in told.out
            assert stat.S_IMODE(copy.stat().st_mode) == 0o600
            seen = await asyncio.to_thread(parley_here, tmp_path, "doctor")
            assert "the last parley backup was less than a day ago" in seen.out
            again = await asyncio.to_thread(parley_here, tmp_path, "backup", str(copy))
            assert again.code != 0
            assert f"{copy} is there already." in again.err
            token = ann.token
        assert await house.hub.stop() == 0
        with closing(sqlite3.connect(copy)) as file:
            assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for ending in ("", "-wal", "-shm"):
            (tmp_path / f"parley.db{ending}").unlink(missing_ok=True)
        shutil.copy(copy, tmp_path / "parley.db")
        await house.hub.start()
        await _goes_on(house, token)


async def _talk(ann: Person, count: int) -> None:
    for number in range(count):
        await ann.says(f"meanwhile {number}")


async def _goes_on(house: House, token: str) -> None:
    """The same person, with what they said before the copy was made."""
    ann = Person(house.hub.url)
    ann.token = token
    async with ann:
        await ann.says("after")
        await ann.sees("You said: after")
        said = [message["text"] for message in await ann.history()]
        assert said[:2] == ["before", "You said: before"]


async def test_what_cannot_be_copied_is_said(tmp_path: Path) -> None:
    def refused(*arguments: str, **variables: str) -> str:
        told = parley_here(tmp_path, "backup", *arguments, **variables)
        assert told.code != 0
        assert "Traceback" not in told.said
        assert list(tmp_path.glob(".*.part")) == []
        return told.err

    def all_refused() -> None:
        assert "There is no database" in refused("copy.db")
        assert not (tmp_path / "parley.db").exists()
        assert "cannot be written: No such file or directory." in refused("missing/copy.db")
        url = "postgresql+asyncpg://somebody:hush-secret@127.0.0.1:1/nothing"
        assert "pg_dump is not installed here." in refused("copy.dump", DATABASE_URL=url, PATH="/nowhere")

    await asyncio.to_thread(all_refused)


async def test_a_dump_of_postgresql_is_restored(postgres: Server, tmp_path: Path) -> None:
    name = await postgres.new_database()
    try:
        store = await open_store(postgres.url(name))
        await store.write_note("house", "kept", "this")
        await store.close()
        path = f"{postgres.binaries}{os.pathsep}{os.environ['PATH']}"
        told = await asyncio.to_thread(
            parley, tmp_path, "backup", str(tmp_path), DATABASE_URL=postgres.url(name), PATH=path
        )
        assert told.code == 0, told.said
        (dump,) = tmp_path.glob("parley-*.dump")
        await postgres.drop(name)
        await postgres.run(f'CREATE DATABASE "{name}"')
        restoring = [postgres.binaries / "pg_restore", "--no-owner", f"--dbname={postgres.dsn(name)}", dump]
        done = await asyncio.to_thread(subprocess.run, restoring, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        store = await open_store(postgres.url(name))
        assert await store.read_note("house", "kept") == "this"
        await store.close()
        bad = postgres.url("nothing").replace("parley@", "parley:hush-secret@")
        told = await asyncio.to_thread(parley, tmp_path, "backup", "x.dump", DATABASE_URL=bad, PATH=path)
        assert told.code != 0
        assert "pg_dump says: " in told.err
        assert 'database "nothing" does not exist' in told.err
        assert "hush" not in told.said
    finally:
        await postgres.drop(name)
