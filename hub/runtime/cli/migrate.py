"""`parley migrate`. Knows what to say; must not know the schema."""

from __future__ import annotations

import asyncio

from hub.runtime.cli.settings import read_settings


def migrate_now() -> None:
    """Bring the schema to head and say so. Raises SettingsError, StoreDown."""
    loaded = read_settings()
    from hub.runtime.house import check_folder
    from storage import migrate

    url = loaded.settings.database.url
    check_folder(url)

    async def work() -> tuple[str | None, str | None]:
        before = await migrate.current(url)
        await migrate.upgrade(url)
        return before, await migrate.current(url)

    before, after = asyncio.run(work())
    if before == after:
        print(f"The schema is at its newest version, {after}.")
    else:
        print(f"The schema went from {before or 'nothing'} to {after}.")
