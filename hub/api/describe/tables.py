"""Every topic that is described, in the order people read. Knows the tables' names; must not know what is in one."""

from __future__ import annotations

from hub.api.describe import health, hooks, mail, pay, person, v1, web

TABLES = (v1.TABLE, web.TABLE, mail.TABLE, pay.TABLE, person.TABLE, hooks.TABLE, health.TABLE)
