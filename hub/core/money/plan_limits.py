"""What a plan allows besides what it pays for. Knows pace, sizes and counts of files; must not know money."""

from __future__ import annotations

from hub.core.money.bid import spender_of
from hub.core.money.meter import Meter
from hub.core.pace import Paces
from hub.domain.conversation import Account
from hub.domain.inbound import Called
from hub.domain.plan import Plan
from hub.domain.turn import Turn
from hub.domain.windows import day_of
from hub.ports.paces import Paces as Shared
from hub.ports.platforms import Notes

RESUME = "resume"
"""The command by which the house asks a question again."""


class PlanPace:
    """How fast people may ask whose plan has a pace of its own, in chats and over the API alike."""

    def __init__(self, store: Shared, meter: Meter) -> None:
        self._meter, self._paces = meter, Paces(store)

    async def of_turn(self, turn: Turn) -> int:
        """As `wait`, for a question in a chat. One that is asked again because it was paid for has waited long enough:
        it is counted, and never too fast."""
        wait = await self.wait(turn.account, spender_of(turn).payer)
        again = isinstance(content := turn.inbound.content, Called) and content.command == RESUME
        return 0 if again else wait

    async def wait(self, asker: Account, payer: Account) -> int:
        """Seconds until the next question of `asker` may be answered; 0: now, and then this one is counted. Raises
        StoreDown.

        The plan is that of who pays: a team's pace is for each of its members."""
        return await self._paces.wait(asker.tenant, f"plan:{asker.id}", self._meter.plan(payer).per_minute)


class FilesOfDay:
    """How many files somebody has sent today (in UTC): a note for each, which outlives this process."""

    def __init__(self, notes: Notes, meter: Meter) -> None:
        self._notes, self._meter = notes, meter

    async def admit(self, turn: Turn, wanted: int) -> int:
        """How many of `wanted` files may come with `turn`; they are counted from now on. Raises StoreDown."""
        limit = self._meter.plan(spender_of(turn).payer).files_per_day
        if not limit or not wanted:
            return wanted
        today, name = day_of(self._meter.now()), f"files:{turn.account.id}"
        day, _, count = (await self._notes.read_note("house", name)).partition(" ")
        came = int(count) if day == today else 0
        admitted = min(wanted, max(0, limit - came))
        if admitted:
            await self._notes.write_note("house", name, f"{today} {came + admitted}")
        return admitted


def file_limit(house: int, plan: Plan) -> int:
    """Bytes of the largest file: the smaller of what the house and the plan say; 0: neither says."""
    return min(limit for limit in (house, plan.file_size) if limit) if house or plan.file_size else 0
