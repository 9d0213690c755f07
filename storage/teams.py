"""The tables of teams. Knows columns and what each index is for; must not know statements.

A team is an account, and so `team_id` is an account's id everywhere.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table
from sqlalchemy import UniqueConstraint as Unique

from storage.columns import count, flag, link, row_id, state, tables, text
from storage.dialect import Id

teams = Table(
    "teams",
    tables,
    Column("id", Id, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    link("tenant_id", "tenants"),
    text("key"),
    # of each member who has none of their own; 0: none
    *count("cap"),
    *state("micro", "tokens", "messages", name="cap_unit"),
    # the window in which its admins were told last that it is empty
    text("told"),
    *count("created"),
    # create_team: was this one made before
    Unique("tenant_id", "key", name="teams_natural"),
)

members = Table(
    "members",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    link("team_id", "teams"),
    link("account_id", "accounts"),
    # a row outlives its membership, so that leaving and joining does not reset what was spent under the cap
    *state("member", "admin", "owner", "gone", name="role"),
    # 0: as the team's
    *count("cap"),
    *state("micro", "tokens", "messages", name="cap_unit"),
    # they pay for themselves, wherever they ask
    *flag("alone"),
    *count("joined"),
    # put_member, purse: is somebody in a team
    Unique("tenant_id", "team_id", "account_id", name="members_natural"),
)

invitations = Table(
    "invitations",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    text("digest"),
    link("team_id", "teams"),
    *count("expires"),
    # the turn that used it up; 0: none has
    *count("used_by"),
    # join_team
    Unique("tenant_id", "digest", name="invitations_natural"),
)

team_places = Table(
    "team_places",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    text("platform"),
    text("bot"),
    text("place"),
    link("team_id", "teams"),
    # all who ask there become members
    *flag("everybody"),
    # private chats with this bot are part of it
    *flag("private"),
    *count("created"),
    # purse: whose is this place
    Unique("tenant_id", "platform", "bot", "place", name="team_places_natural"),
)

INDEXES = (
    # teams_of, merge
    Index("members_account", members.c.account_id, members.c.id),
    # members: a team's, in order
    Index("members_team", members.c.team_id, members.c.id),
    # invite: a team's codes, newest first
    Index("invitations_team", invitations.c.team_id, invitations.c.id),
    # places
    Index("team_places_team", team_places.c.team_id, team_places.c.id),
)
