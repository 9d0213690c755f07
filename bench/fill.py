"""A database as years of talk leave it. Knows the schema's columns; must not know what is measured.

Written in SQL alone, turn by turn across all conversations, as it would have come: the messages of one conversation
were written far apart. With every question stand its inbox row, its attempt and its reply.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from bench.outcome import BenchFailed

QUESTION = "What was it again that we said about the house, and about the way of a message?"
ANSWER = "A hub takes a message, keeps it safe, asks a model, and shows the words as they come, so that nobody waits."
TOKENS = 40
"""Estimate kept with each message."""
OLDEST = 1_700_000_000_000
BETWEEN = 5_000
"""Milliseconds from one turn to the next."""
WINDOW_LEAST, WINDOW_MOST = 20, 40
"""Messages in the window of a long conversation: a summary takes the older half out when there are more than most."""

PLAN = """
CREATE TEMP TABLE plan AS
WITH RECURSIVE step(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM step WHERE n + 1 < :rounds)
SELECT step.n * :people + place.n + 1 + :first AS turn, place.*
FROM step CROSS JOIN (
    SELECT row_number() OVER (ORDER BY a.id) - 1 AS n, a.id AS address, c.id AS conversation, c.account_id AS account
    FROM addresses AS a JOIN conversations AS c ON c.id = a.conversation_id
) AS place ORDER BY 1
"""
INBOX = """
INSERT INTO inbox (id, tenant_id, platform, bot, event_id, address_id, conversation_id, account_id, sender_user,
    sender_language, kind, content, state, tries, shown, received, finished)
SELECT turn, 1, 'web', 'default', 'visitor:' || hex(randomblob(12)), address, conversation, account, 'default:visitor',
    'en', 'said', :content, 'replied', 1, 1, :oldest + turn * :between, :oldest + turn * :between + 2000 FROM plan
"""
MESSAGES = """
INSERT INTO messages (conversation_id, id, tenant_id, turn_id, role, text, tokens, model, created)
SELECT conversation, 2 * turn + pair.n, 1, turn, role, text, :tokens, model, :oldest + turn * :between
FROM plan CROSS JOIN (SELECT 0 AS n, 'user' AS role, :question AS text, '' AS model
    UNION ALL SELECT 1, 'assistant', :answer, 'bench') AS pair ORDER BY turn, pair.n
"""
ATTEMPTS = """
INSERT INTO attempts (tenant_id, turn_id, conversation_id, account_id, model, provider, asked_tokens, max_output, state,
    input, output, answered_model, first_word_ms, total_ms, opened, ended)
SELECT 1, turn, conversation, account, 'bench', 'bench', 900, 4096, 'done', 800, 32, 'bench', 200, 600,
    :oldest + turn * :between, :oldest + turn * :between + 600 FROM plan
"""
OUTBOX = """
INSERT INTO outbox (tenant_id, key, turn_id, address_id, text, language, state, due_at, created)
SELECT 1, 't' || turn, turn, address, :answer, 'en', 'sent', :oldest + turn * :between, :oldest + turn * :between
FROM plan
"""
COUNTERS = "UPDATE conversations SET title = 'The house', messages = messages + 2 * :rounds, summary = :answer"
WINDOW = """
UPDATE conversations SET (window_after, summary_upto) = (SELECT id, id FROM messages WHERE conversation_id = :here
    ORDER BY id DESC LIMIT 1 OFFSET :kept) WHERE id = :here
"""


def fill(file: Path, length: int) -> int:
    """Give every conversation of the web `length` messages; how many messages there are then.

    The hub must not be running."""
    rounds = length // 2
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = OFF")
        people = database.execute("SELECT count(*) FROM addresses").fetchone()[0]
        first = database.execute("SELECT coalesce(max(id), 0) FROM inbox").fetchone()[0]
        values = {
            "rounds": rounds, "people": people, "first": first, "tokens": TOKENS, "question": QUESTION,
            "answer": ANSWER, "content": f'["{QUESTION}",[]]', "oldest": OLDEST, "between": BETWEEN,
        }  # fmt: skip
        try:
            database.execute("BEGIN IMMEDIATE")
            for statement in (PLAN, INBOX, MESSAGES, ATTEMPTS, OUTBOX, COUNTERS):
                database.execute(statement, values)
            for (here,) in database.execute("SELECT id FROM conversations").fetchall():
                database.execute(WINDOW, {"here": here, "kept": WINDOW_LEAST + here * 2 % (WINDOW_MOST - WINDOW_LEAST)})
            database.execute("COMMIT")
        except sqlite3.Error as error:
            raise BenchFailed(f"the database cannot be filled, its tables may have changed: {error}") from None
        count: int = database.execute("SELECT count(*) FROM messages").fetchone()[0]
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return count
