"""Who runs a team buys credit for it from the chat, and it pays for the team's members from then on."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.test_payments import links, town


async def test_credit_is_bought_for_the_team(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        ann, bob = (here.telegram.person(name, language="en") for name in ("Ann", "Bob"))
        team = here.telegram.group("Team", ann, bob)
        await ann.says("/team create The Smiths")
        await ann.sees("and it is yours", timeout=20)
        await ann.says("@parley_bot /team bind everybody", in_=team)
        await ann.sees("everybody who asks here becomes a member", in_=team, timeout=20)
        await ann.says("/team plan topup")
        offered = await ann.sees("of credit", timeout=20)
        (buy,) = [url for label, url in links(offered).items() if "of credit" in label]
        await here.stripe.pays(await here.follows(buy))
        told = await ann.sees("of credit is yours now", timeout=20)
        assert "For the team The Smiths" in told.text
        ((account,),) = here.rows("SELECT account_id FROM grants WHERE source = 'topup'")
        assert here.rows("SELECT id FROM teams") == [(account,)]
        for number in range(6):
            await bob.says(f"@parley_bot question {number}", in_=team)
            await bob.sees(f"You said: question {number}", in_=team, timeout=30)
        ((asker,),) = here.rows("SELECT account_id FROM members WHERE role = 'member'")
        assert here.rows(f"SELECT count(*) FROM entries WHERE kind = 'settle' AND account_id = {asker}") == [(0,)]
        await bob.says("/team plan")
        await bob.sees("Only admins of the team can do that.", timeout=20)
