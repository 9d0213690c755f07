CREATE TABLE house (
	name TEXT NOT NULL,
	value BLOB NOT NULL,
	CONSTRAINT house_pk PRIMARY KEY (name)
)

CREATE TABLE job_runs (
	job TEXT NOT NULL,
	slot INTEGER NOT NULL,
	state TEXT DEFAULT 'open' NOT NULL,
	owner TEXT DEFAULT '' NOT NULL,
	lease_until INTEGER DEFAULT '0' NOT NULL,
	fence INTEGER DEFAULT '0' NOT NULL,
	tries INTEGER DEFAULT '0' NOT NULL,
	started INTEGER DEFAULT '0' NOT NULL,
	took INTEGER DEFAULT '0' NOT NULL,
	result TEXT DEFAULT '' NOT NULL,
	error TEXT DEFAULT '' NOT NULL,
	CONSTRAINT job_runs_pk PRIMARY KEY (job, slot),
	CONSTRAINT job_runs_state_ck CHECK (state IN ('open', 'done', 'failed', 'skipped')),
	CONSTRAINT job_runs_lease_until_ck CHECK (lease_until >= 0),
	CONSTRAINT job_runs_fence_ck CHECK (fence >= 0),
	CONSTRAINT job_runs_tries_ck CHECK (tries >= 0),
	CONSTRAINT job_runs_started_ck CHECK (started >= 0),
	CONSTRAINT job_runs_took_ck CHECK (took >= 0)
)

CREATE INDEX job_runs_open ON job_runs (job, slot) WHERE state = 'open'

CREATE INDEX job_runs_started ON job_runs (started)

CREATE TABLE listeners (
	name TEXT NOT NULL,
	owner TEXT DEFAULT '' NOT NULL,
	until INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT listeners_pk PRIMARY KEY (name),
	CONSTRAINT listeners_until_ck CHECK (until >= 0)
)

CREATE TABLE notes (
	platform TEXT NOT NULL,
	name TEXT NOT NULL,
	value TEXT DEFAULT '' NOT NULL,
	written INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT notes_pk PRIMARY KEY (platform, name),
	CONSTRAINT notes_written_ck CHECK (written >= 0)
)

CREATE INDEX notes_written ON notes (written)

CREATE TABLE tenants (
	id INTEGER NOT NULL,
	name TEXT DEFAULT '' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT tenants_pk PRIMARY KEY (id),
	CONSTRAINT tenants_created_ck CHECK (created >= 0)
)

CREATE TABLE accounts (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	name TEXT DEFAULT '' NOT NULL,
	language TEXT DEFAULT 'en' NOT NULL,
	speaks TEXT DEFAULT '' NOT NULL,
	model TEXT DEFAULT '' NOT NULL,
	blocked SMALLINT DEFAULT '0' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	merged_into INTEGER DEFAULT '0' NOT NULL,
	"plan" TEXT DEFAULT '' NOT NULL,
	plan_anchor INTEGER DEFAULT '0' NOT NULL,
	plan_until INTEGER DEFAULT '0' NOT NULL,
	teams INTEGER DEFAULT '0' NOT NULL,
	plan_paid INTEGER DEFAULT '0' NOT NULL,
	plan_returned INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT accounts_pk PRIMARY KEY (id),
	CONSTRAINT accounts_blocked_ck CHECK (blocked IN (0, 1)),
	CONSTRAINT accounts_created_ck CHECK (created >= 0),
	CONSTRAINT accounts_merged_into_ck CHECK (merged_into >= 0),
	CONSTRAINT accounts_plan_anchor_ck CHECK (plan_anchor >= 0),
	CONSTRAINT accounts_plan_until_ck CHECK (plan_until >= 0),
	CONSTRAINT accounts_teams_ck CHECK (teams >= 0),
	CONSTRAINT accounts_plan_paid_ck CHECK (plan_paid >= 0),
	CONSTRAINT accounts_plan_returned_ck CHECK (plan_returned >= 0),
	CONSTRAINT accounts_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id)
)

CREATE INDEX accounts_merged ON accounts (merged_into) WHERE merged_into > 0

CREATE TABLE ceilings (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	scope TEXT DEFAULT '' NOT NULL,
	window TEXT DEFAULT '' NOT NULL,
	unit TEXT DEFAULT 'micro' NOT NULL,
	held INTEGER DEFAULT '0' NOT NULL,
	used INTEGER DEFAULT '0' NOT NULL,
	touched INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT ceilings_pk PRIMARY KEY (id),
	CONSTRAINT ceilings_unit_ck CHECK (unit IN ('micro', 'tokens', 'messages')),
	CONSTRAINT ceilings_held_ck CHECK (held >= 0),
	CONSTRAINT ceilings_used_ck CHECK (used >= 0),
	CONSTRAINT ceilings_touched_ck CHECK (touched >= 0),
	CONSTRAINT ceilings_natural UNIQUE (tenant_id, scope, window, unit),
	CONSTRAINT ceilings_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id)
)

CREATE TABLE doubts (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	"key" TEXT DEFAULT '' NOT NULL,
	platform TEXT DEFAULT '' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT doubts_pk PRIMARY KEY (id),
	CONSTRAINT doubts_created_ck CHECK (created >= 0),
	CONSTRAINT doubts_natural UNIQUE (tenant_id, "key"),
	CONSTRAINT doubts_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id)
)

CREATE TABLE feedback (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	turn_id INTEGER DEFAULT '0' NOT NULL,
	person TEXT DEFAULT '' NOT NULL,
	good SMALLINT DEFAULT '0' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT feedback_pk PRIMARY KEY (id),
	CONSTRAINT feedback_turn_id_ck CHECK (turn_id >= 0),
	CONSTRAINT feedback_good_ck CHECK (good IN (0, 1)),
	CONSTRAINT feedback_created_ck CHECK (created >= 0),
	CONSTRAINT feedback_natural UNIQUE (tenant_id, turn_id, person),
	CONSTRAINT feedback_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id)
)

CREATE TABLE files (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	file TEXT DEFAULT '' NOT NULL,
	platform TEXT DEFAULT '' NOT NULL,
	bot TEXT DEFAULT '' NOT NULL,
	chat TEXT DEFAULT '' NOT NULL,
	thread TEXT DEFAULT '' NOT NULL,
	media_type TEXT DEFAULT '' NOT NULL,
	name TEXT DEFAULT '' NOT NULL,
	size INTEGER DEFAULT '0' NOT NULL,
	content BLOB NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT files_pk PRIMARY KEY (id),
	CONSTRAINT files_size_ck CHECK (size >= 0),
	CONSTRAINT files_created_ck CHECK (created >= 0),
	CONSTRAINT files_natural UNIQUE (tenant_id, file),
	CONSTRAINT files_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id)
)

CREATE TABLE forgotten (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	digest TEXT DEFAULT '' NOT NULL,
	allowance TEXT DEFAULT '' NOT NULL,
	together TEXT DEFAULT '' NOT NULL,
	unit TEXT DEFAULT 'micro' NOT NULL,
	rest INTEGER DEFAULT '0' NOT NULL,
	anchor INTEGER DEFAULT '0' NOT NULL,
	expires INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT forgotten_pk PRIMARY KEY (id),
	CONSTRAINT forgotten_unit_ck CHECK (unit IN ('micro', 'tokens', 'messages')),
	CONSTRAINT forgotten_rest_ck CHECK (rest >= 0),
	CONSTRAINT forgotten_anchor_ck CHECK (anchor >= 0),
	CONSTRAINT forgotten_expires_ck CHECK (expires >= 0),
	CONSTRAINT forgotten_natural UNIQUE (tenant_id, digest, allowance),
	CONSTRAINT forgotten_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id)
)

CREATE TABLE gateway_events (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	gateway TEXT DEFAULT '' NOT NULL,
	event TEXT DEFAULT '' NOT NULL,
	kind TEXT DEFAULT '' NOT NULL,
	object TEXT DEFAULT '' NOT NULL,
	done SMALLINT DEFAULT '0' NOT NULL,
	outcome TEXT DEFAULT '' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT gateway_events_pk PRIMARY KEY (id),
	CONSTRAINT gateway_events_done_ck CHECK (done IN (0, 1)),
	CONSTRAINT gateway_events_created_ck CHECK (created >= 0),
	CONSTRAINT gateway_events_natural UNIQUE (tenant_id, gateway, event),
	CONSTRAINT gateway_events_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id)
)

CREATE INDEX gateway_events_created ON gateway_events (created)

CREATE INDEX gateway_events_open ON gateway_events (id) WHERE done = 0

CREATE TABLE group_policies (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	platform TEXT DEFAULT '' NOT NULL,
	bot TEXT DEFAULT '' NOT NULL,
	chat TEXT DEFAULT '' NOT NULL,
	overlap TEXT DEFAULT '' NOT NULL,
	answers TEXT DEFAULT '' NOT NULL,
	asking TEXT DEFAULT '' NOT NULL,
	members TEXT DEFAULT '' NOT NULL,
	paid_by TEXT DEFAULT '' NOT NULL,
	payer_id INTEGER DEFAULT '0' NOT NULL,
	cap INTEGER DEFAULT '0' NOT NULL,
	cap_unit TEXT DEFAULT 'micro' NOT NULL,
	changed INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT group_policies_pk PRIMARY KEY (id),
	CONSTRAINT group_policies_overlap_ck CHECK (overlap IN ('', 'queue', 'merge', 'interrupt')),
	CONSTRAINT group_policies_answers_ck CHECK (answers IN ('', 'always', 'addressed')),
	CONSTRAINT group_policies_asking_ck CHECK (asking IN ('', 'everybody', 'members', 'admins')),
	CONSTRAINT group_policies_paid_by_ck CHECK (paid_by IN ('', 'sender', 'sponsor', 'team')),
	CONSTRAINT group_policies_payer_id_ck CHECK (payer_id >= 0),
	CONSTRAINT group_policies_cap_ck CHECK (cap >= 0),
	CONSTRAINT group_policies_cap_unit_ck CHECK (cap_unit IN ('micro', 'tokens', 'messages')),
	CONSTRAINT group_policies_changed_ck CHECK (changed >= 0),
	CONSTRAINT group_policies_natural UNIQUE (tenant_id, platform, bot, chat),
	CONSTRAINT group_policies_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id)
)

CREATE INDEX group_policies_payer ON group_policies (payer_id) WHERE payer_id > 0

CREATE TABLE mail_refusals (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	email TEXT DEFAULT '' NOT NULL,
	template TEXT DEFAULT '' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT mail_refusals_pk PRIMARY KEY (id),
	CONSTRAINT mail_refusals_created_ck CHECK (created >= 0),
	CONSTRAINT mail_refusals_natural UNIQUE (tenant_id, email, template),
	CONSTRAINT mail_refusals_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id)
)

CREATE TABLE mails (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	"key" TEXT DEFAULT '' NOT NULL,
	account_id INTEGER DEFAULT '0' NOT NULL,
	recipient TEXT DEFAULT '' NOT NULL,
	template TEXT DEFAULT '' NOT NULL,
	arguments TEXT DEFAULT '' NOT NULL,
	language TEXT DEFAULT '' NOT NULL,
	state TEXT DEFAULT 'pending' NOT NULL,
	tries INTEGER DEFAULT '0' NOT NULL,
	due_at INTEGER DEFAULT '0' NOT NULL,
	error TEXT DEFAULT '' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	ended INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT mails_pk PRIMARY KEY (id),
	CONSTRAINT mails_account_id_ck CHECK (account_id >= 0),
	CONSTRAINT mails_state_ck CHECK (state IN ('pending', 'sent', 'dead', 'unwanted')),
	CONSTRAINT mails_tries_ck CHECK (tries >= 0),
	CONSTRAINT mails_due_at_ck CHECK (due_at >= 0),
	CONSTRAINT mails_created_ck CHECK (created >= 0),
	CONSTRAINT mails_ended_ck CHECK (ended >= 0),
	CONSTRAINT mails_natural UNIQUE (tenant_id, "key"),
	CONSTRAINT mails_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id)
)

CREATE INDEX mails_account ON mails (account_id, id)

CREATE INDEX mails_due ON mails (due_at, id) WHERE state = 'pending'

CREATE TABLE payments (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	gateway TEXT DEFAULT '' NOT NULL,
	object TEXT DEFAULT '' NOT NULL,
	account_id INTEGER DEFAULT '0' NOT NULL,
	order_id INTEGER DEFAULT '0' NOT NULL,
	paid SMALLINT DEFAULT '0' NOT NULL,
	amount INTEGER DEFAULT '0' NOT NULL,
	currency TEXT DEFAULT '' NOT NULL,
	refunded INTEGER DEFAULT '0' NOT NULL,
	credit INTEGER DEFAULT '0' NOT NULL,
	steps INTEGER DEFAULT '0' NOT NULL,
	told INTEGER DEFAULT '0' NOT NULL,
	subscription TEXT DEFAULT '' NOT NULL,
	customer TEXT DEFAULT '' NOT NULL,
	receipt TEXT DEFAULT '' NOT NULL,
	odd TEXT DEFAULT '' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT payments_pk PRIMARY KEY (id),
	CONSTRAINT payments_account_id_ck CHECK (account_id >= 0),
	CONSTRAINT payments_order_id_ck CHECK (order_id >= 0),
	CONSTRAINT payments_paid_ck CHECK (paid IN (0, 1)),
	CONSTRAINT payments_amount_ck CHECK (amount >= 0),
	CONSTRAINT payments_refunded_ck CHECK (refunded >= 0),
	CONSTRAINT payments_credit_ck CHECK (credit >= 0),
	CONSTRAINT payments_steps_ck CHECK (steps >= 0),
	CONSTRAINT payments_told_ck CHECK (told >= 0),
	CONSTRAINT payments_created_ck CHECK (created >= 0),
	CONSTRAINT payments_natural UNIQUE (tenant_id, gateway, object),
	CONSTRAINT payments_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id)
)

CREATE INDEX payments_account ON payments (account_id, id)

CREATE INDEX payments_odd ON payments (id) WHERE odd != ''

CREATE INDEX payments_subscription ON payments (subscription)

CREATE TABLE refs (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	turn_id INTEGER DEFAULT '0' NOT NULL,
	ordinal INTEGER DEFAULT '0' NOT NULL,
	ref TEXT DEFAULT '' NOT NULL,
	CONSTRAINT refs_pk PRIMARY KEY (id),
	CONSTRAINT refs_turn_id_ck CHECK (turn_id >= 0),
	CONSTRAINT refs_ordinal_ck CHECK (ordinal >= 0),
	CONSTRAINT refs_natural UNIQUE (tenant_id, turn_id, ordinal),
	CONSTRAINT refs_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id)
)

CREATE INDEX refs_ref ON refs (tenant_id, ref)

CREATE TABLE statements (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	account_id INTEGER DEFAULT '0' NOT NULL,
	month TEXT DEFAULT '' NOT NULL,
	number INTEGER DEFAULT '0' NOT NULL,
	since INTEGER DEFAULT '0' NOT NULL,
	until INTEGER DEFAULT '0' NOT NULL,
	next_entry INTEGER DEFAULT '0' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT statements_pk PRIMARY KEY (id),
	CONSTRAINT statements_account_id_ck CHECK (account_id >= 0),
	CONSTRAINT statements_number_ck CHECK (number >= 0),
	CONSTRAINT statements_since_ck CHECK (since >= 0),
	CONSTRAINT statements_until_ck CHECK (until >= 0),
	CONSTRAINT statements_next_entry_ck CHECK (next_entry >= 0),
	CONSTRAINT statements_created_ck CHECK (created >= 0),
	CONSTRAINT statements_natural UNIQUE (tenant_id, account_id, month),
	CONSTRAINT statements_number UNIQUE (tenant_id, number),
	CONSTRAINT statements_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id)
)

CREATE TRIGGER statements_keep_delete BEFORE DELETE ON statements BEGIN SELECT RAISE(ABORT, 'statements are never changed'); END

CREATE TRIGGER statements_keep_update BEFORE UPDATE ON statements BEGIN SELECT RAISE(ABORT, 'statements are never changed'); END

CREATE TABLE subscriptions (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	gateway TEXT DEFAULT '' NOT NULL,
	object TEXT DEFAULT '' NOT NULL,
	account_id INTEGER DEFAULT '0' NOT NULL,
	order_id INTEGER DEFAULT '0' NOT NULL,
	standing TEXT DEFAULT 'waiting' NOT NULL,
	"plan" TEXT DEFAULT '' NOT NULL,
	price INTEGER DEFAULT '0' NOT NULL,
	starts INTEGER DEFAULT '0' NOT NULL,
	ends INTEGER DEFAULT '0' NOT NULL,
	until INTEGER DEFAULT '0' NOT NULL,
	cancels SMALLINT DEFAULT '0' NOT NULL,
	customer TEXT DEFAULT '' NOT NULL,
	ticket INTEGER DEFAULT '0' NOT NULL,
	told TEXT DEFAULT '' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	anchor INTEGER DEFAULT '0' NOT NULL,
	paid INTEGER DEFAULT '0' NOT NULL,
	latest TEXT DEFAULT '' NOT NULL,
	spare SMALLINT DEFAULT '0' NOT NULL,
	CONSTRAINT subscriptions_pk PRIMARY KEY (id),
	CONSTRAINT subscriptions_account_id_ck CHECK (account_id >= 0),
	CONSTRAINT subscriptions_order_id_ck CHECK (order_id >= 0),
	CONSTRAINT subscriptions_standing_ck CHECK (standing IN ('waiting', 'active', 'behind', 'ended')),
	CONSTRAINT subscriptions_price_ck CHECK (price >= 0),
	CONSTRAINT subscriptions_starts_ck CHECK (starts >= 0),
	CONSTRAINT subscriptions_ends_ck CHECK (ends >= 0),
	CONSTRAINT subscriptions_until_ck CHECK (until >= 0),
	CONSTRAINT subscriptions_cancels_ck CHECK (cancels IN (0, 1)),
	CONSTRAINT subscriptions_ticket_ck CHECK (ticket >= 0),
	CONSTRAINT subscriptions_created_ck CHECK (created >= 0),
	CONSTRAINT subscriptions_anchor_ck CHECK (anchor >= 0),
	CONSTRAINT subscriptions_paid_ck CHECK (paid >= 0),
	CONSTRAINT subscriptions_spare_ck CHECK (spare IN (0, 1)),
	CONSTRAINT subscriptions_natural UNIQUE (tenant_id, gateway, object),
	CONSTRAINT subscriptions_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id)
)

CREATE INDEX subscriptions_account ON subscriptions (account_id, id)

CREATE TABLE usage_hours (
	tenant_id INTEGER NOT NULL,
	account_id INTEGER NOT NULL,
	hour INTEGER NOT NULL,
	member_id INTEGER NOT NULL,
	model TEXT NOT NULL,
	provider TEXT NOT NULL,
	origin TEXT NOT NULL,
	unit TEXT NOT NULL,
	calls INTEGER DEFAULT '0' NOT NULL,
	failed INTEGER DEFAULT '0' NOT NULL,
	estimated INTEGER DEFAULT '0' NOT NULL,
	input INTEGER DEFAULT '0' NOT NULL,
	cached INTEGER DEFAULT '0' NOT NULL,
	cache_write INTEGER DEFAULT '0' NOT NULL,
	cache_write_1h INTEGER DEFAULT '0' NOT NULL,
	output INTEGER DEFAULT '0' NOT NULL,
	reasoning INTEGER DEFAULT '0' NOT NULL,
	cost INTEGER DEFAULT '0' NOT NULL,
	charged INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT usage_hours_pk PRIMARY KEY (tenant_id, account_id, hour, member_id, model, provider, origin, unit),
	CONSTRAINT usage_hours_calls_ck CHECK (calls >= 0),
	CONSTRAINT usage_hours_failed_ck CHECK (failed >= 0),
	CONSTRAINT usage_hours_estimated_ck CHECK (estimated >= 0),
	CONSTRAINT usage_hours_input_ck CHECK (input >= 0),
	CONSTRAINT usage_hours_cached_ck CHECK (cached >= 0),
	CONSTRAINT usage_hours_cache_write_ck CHECK (cache_write >= 0),
	CONSTRAINT usage_hours_cache_write_1h_ck CHECK (cache_write_1h >= 0),
	CONSTRAINT usage_hours_output_ck CHECK (output >= 0),
	CONSTRAINT usage_hours_reasoning_ck CHECK (reasoning >= 0),
	CONSTRAINT usage_hours_cost_ck CHECK (cost >= 0),
	CONSTRAINT usage_hours_charged_ck CHECK (charged >= 0),
	CONSTRAINT usage_hours_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id)
)

CREATE INDEX usage_hours_hour ON usage_hours (tenant_id, hour)

CREATE TABLE api_keys (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	account_id INTEGER NOT NULL,
	name TEXT DEFAULT '' NOT NULL,
	shown TEXT DEFAULT '' NOT NULL,
	digest TEXT DEFAULT '' NOT NULL,
	models TEXT DEFAULT '' NOT NULL,
	lists_only SMALLINT DEFAULT '0' NOT NULL,
	budget INTEGER DEFAULT '0' NOT NULL,
	renews TEXT DEFAULT 'total' NOT NULL,
	per_minute INTEGER DEFAULT '0' NOT NULL,
	expires INTEGER DEFAULT '0' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	used INTEGER DEFAULT '0' NOT NULL,
	revoked INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT api_keys_pk PRIMARY KEY (id),
	CONSTRAINT api_keys_lists_only_ck CHECK (lists_only IN (0, 1)),
	CONSTRAINT api_keys_budget_ck CHECK (budget >= 0),
	CONSTRAINT api_keys_renews_ck CHECK (renews IN ('total', 'day', 'week', 'month')),
	CONSTRAINT api_keys_per_minute_ck CHECK (per_minute >= 0),
	CONSTRAINT api_keys_expires_ck CHECK (expires >= 0),
	CONSTRAINT api_keys_created_ck CHECK (created >= 0),
	CONSTRAINT api_keys_used_ck CHECK (used >= 0),
	CONSTRAINT api_keys_revoked_ck CHECK (revoked >= 0),
	CONSTRAINT api_keys_natural UNIQUE (tenant_id, digest),
	CONSTRAINT api_keys_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT api_keys_account_id_fk FOREIGN KEY(account_id) REFERENCES accounts (id)
)

CREATE INDEX api_keys_account ON api_keys (account_id, id)

CREATE INDEX api_keys_digest ON api_keys (digest)

CREATE TABLE balances (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	account_id INTEGER NOT NULL,
	unit TEXT DEFAULT 'micro' NOT NULL,
	granted INTEGER DEFAULT '0' NOT NULL,
	used INTEGER DEFAULT '0' NOT NULL,
	held INTEGER DEFAULT '0' NOT NULL,
	beyond INTEGER DEFAULT '0' NOT NULL,
	changes_at INTEGER DEFAULT '0' NOT NULL,
	opened TEXT DEFAULT '' NOT NULL,
	plan_grant INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT balances_pk PRIMARY KEY (id),
	CONSTRAINT balances_unit_ck CHECK (unit IN ('micro', 'tokens', 'messages')),
	CONSTRAINT balances_granted_ck CHECK (granted >= 0),
	CONSTRAINT balances_used_ck CHECK (used >= 0),
	CONSTRAINT balances_held_ck CHECK (held >= 0),
	CONSTRAINT balances_beyond_ck CHECK (beyond >= 0),
	CONSTRAINT balances_changes_at_ck CHECK (changes_at >= 0),
	CONSTRAINT balances_plan_grant_ck CHECK (plan_grant >= 0),
	CONSTRAINT balances_covered_ck CHECK (used + held <= granted + beyond),
	CONSTRAINT balances_natural UNIQUE (tenant_id, account_id, unit),
	CONSTRAINT balances_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT balances_account_id_fk FOREIGN KEY(account_id) REFERENCES accounts (id)
)

CREATE TABLE conversations (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	account_id INTEGER NOT NULL,
	title TEXT DEFAULT '' NOT NULL,
	model TEXT DEFAULT '' NOT NULL,
	summary TEXT DEFAULT '' NOT NULL,
	summary_upto INTEGER DEFAULT '0' NOT NULL,
	window_after INTEGER DEFAULT '0' NOT NULL,
	lease_owner TEXT DEFAULT '' NOT NULL,
	lease_until INTEGER DEFAULT '0' NOT NULL,
	fence INTEGER DEFAULT '0' NOT NULL,
	messages INTEGER DEFAULT '0' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	updated INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT conversations_pk PRIMARY KEY (id),
	CONSTRAINT conversations_summary_upto_ck CHECK (summary_upto >= 0),
	CONSTRAINT conversations_window_after_ck CHECK (window_after >= 0),
	CONSTRAINT conversations_lease_until_ck CHECK (lease_until >= 0),
	CONSTRAINT conversations_fence_ck CHECK (fence >= 0),
	CONSTRAINT conversations_messages_ck CHECK (messages >= 0),
	CONSTRAINT conversations_created_ck CHECK (created >= 0),
	CONSTRAINT conversations_updated_ck CHECK (updated >= 0),
	CONSTRAINT conversations_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT conversations_account_id_fk FOREIGN KEY(account_id) REFERENCES accounts (id)
)

CREATE INDEX conversations_account ON conversations (account_id, id)

CREATE INDEX conversations_leased ON conversations (lease_owner) WHERE lease_owner != ''

CREATE TABLE disputes (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	gateway TEXT DEFAULT '' NOT NULL,
	object TEXT DEFAULT '' NOT NULL,
	payment_id INTEGER NOT NULL,
	amount INTEGER DEFAULT '0' NOT NULL,
	rank INTEGER DEFAULT '0' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT disputes_pk PRIMARY KEY (id),
	CONSTRAINT disputes_amount_ck CHECK (amount >= 0),
	CONSTRAINT disputes_rank_ck CHECK (rank >= 0),
	CONSTRAINT disputes_created_ck CHECK (created >= 0),
	CONSTRAINT disputes_natural UNIQUE (tenant_id, gateway, object),
	CONSTRAINT disputes_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT disputes_payment_id_fk FOREIGN KEY(payment_id) REFERENCES payments (id)
)

CREATE INDEX disputes_payment ON disputes (payment_id)

CREATE TABLE entries (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	account_id INTEGER NOT NULL,
	unit TEXT DEFAULT 'micro' NOT NULL,
	kind TEXT DEFAULT 'grant' NOT NULL,
	granted INTEGER DEFAULT '0' NOT NULL,
	used INTEGER DEFAULT '0' NOT NULL,
	grant_id INTEGER DEFAULT '0' NOT NULL,
	attempt_id INTEGER DEFAULT '0' NOT NULL,
	"key" TEXT DEFAULT '' NOT NULL,
	note TEXT DEFAULT '' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT entries_pk PRIMARY KEY (id),
	CONSTRAINT entries_unit_ck CHECK (unit IN ('micro', 'tokens', 'messages')),
	CONSTRAINT entries_kind_ck CHECK (kind IN ('grant', 'settle', 'expire', 'refund', 'adjust', 'move')),
	CONSTRAINT entries_grant_id_ck CHECK (grant_id >= 0),
	CONSTRAINT entries_attempt_id_ck CHECK (attempt_id >= 0),
	CONSTRAINT entries_created_ck CHECK (created >= 0),
	CONSTRAINT entries_natural UNIQUE (tenant_id, "key"),
	CONSTRAINT entries_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT entries_account_id_fk FOREIGN KEY(account_id) REFERENCES accounts (id)
)

CREATE INDEX entries_account ON entries (account_id, id)

CREATE INDEX entries_attempt ON entries (attempt_id) WHERE attempt_id > 0

CREATE TRIGGER entries_keep_delete BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END

CREATE TRIGGER entries_keep_update BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END

CREATE TABLE erasures (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	account_id INTEGER NOT NULL,
	asked INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT erasures_pk PRIMARY KEY (id),
	CONSTRAINT erasures_asked_ck CHECK (asked >= 0),
	CONSTRAINT erasures_natural UNIQUE (tenant_id, account_id),
	CONSTRAINT erasures_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT erasures_account_id_fk FOREIGN KEY(account_id) REFERENCES accounts (id)
)

CREATE TABLE grants (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	account_id INTEGER NOT NULL,
	unit TEXT DEFAULT 'micro' NOT NULL,
	source TEXT DEFAULT 'plan' NOT NULL,
	"key" TEXT DEFAULT '' NOT NULL,
	amount INTEGER DEFAULT '0' NOT NULL,
	spent INTEGER DEFAULT '0' NOT NULL,
	lapsed INTEGER DEFAULT '0' NOT NULL,
	priority INTEGER DEFAULT '0' NOT NULL,
	expires INTEGER DEFAULT '0' NOT NULL,
	warned INTEGER DEFAULT '0' NOT NULL,
	changes INTEGER DEFAULT '0' NOT NULL,
	note TEXT DEFAULT '' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT grants_pk PRIMARY KEY (id),
	CONSTRAINT grants_unit_ck CHECK (unit IN ('micro', 'tokens', 'messages')),
	CONSTRAINT grants_source_ck CHECK (source IN ('plan', 'topup', 'gift', 'linked')),
	CONSTRAINT grants_amount_ck CHECK (amount >= 0),
	CONSTRAINT grants_spent_ck CHECK (spent >= 0),
	CONSTRAINT grants_lapsed_ck CHECK (lapsed >= 0),
	CONSTRAINT grants_priority_ck CHECK (priority >= 0),
	CONSTRAINT grants_expires_ck CHECK (expires >= 0),
	CONSTRAINT grants_warned_ck CHECK (warned >= 0),
	CONSTRAINT grants_changes_ck CHECK (changes >= 0),
	CONSTRAINT grants_created_ck CHECK (created >= 0),
	CONSTRAINT grants_covered_ck CHECK (spent + lapsed <= amount),
	CONSTRAINT grants_natural UNIQUE (tenant_id, "key"),
	CONSTRAINT grants_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT grants_account_id_fk FOREIGN KEY(account_id) REFERENCES accounts (id)
)

CREATE INDEX grants_account ON grants (account_id, id)

CREATE INDEX grants_living ON grants (account_id, unit) WHERE amount > spent + lapsed

CREATE INDEX grants_warned ON grants (id) WHERE warned > 0

CREATE TABLE identities (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	platform TEXT DEFAULT '' NOT NULL,
	platform_user TEXT DEFAULT '' NOT NULL,
	account_id INTEGER NOT NULL,
	name TEXT DEFAULT '' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT identities_pk PRIMARY KEY (id),
	CONSTRAINT identities_created_ck CHECK (created >= 0),
	CONSTRAINT identities_natural UNIQUE (tenant_id, platform, platform_user),
	CONSTRAINT identities_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT identities_account_id_fk FOREIGN KEY(account_id) REFERENCES accounts (id)
)

CREATE INDEX identities_account ON identities (account_id, id)

CREATE TABLE logins (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	email TEXT DEFAULT '' NOT NULL,
	account_id INTEGER NOT NULL,
	password_hash TEXT DEFAULT '' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT logins_pk PRIMARY KEY (id),
	CONSTRAINT logins_created_ck CHECK (created >= 0),
	CONSTRAINT logins_natural UNIQUE (tenant_id, email),
	CONSTRAINT logins_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT logins_account_id_fk FOREIGN KEY(account_id) REFERENCES accounts (id)
)

CREATE INDEX logins_account ON logins (account_id, id)

CREATE TABLE statement_lines (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	statement_id INTEGER NOT NULL,
	account_id INTEGER DEFAULT '0' NOT NULL,
	kind TEXT DEFAULT 'opening' NOT NULL,
	unit TEXT DEFAULT 'micro' NOT NULL,
	what TEXT DEFAULT '' NOT NULL,
	lines INTEGER DEFAULT '0' NOT NULL,
	granted INTEGER DEFAULT '0' NOT NULL,
	used INTEGER DEFAULT '0' NOT NULL,
	input INTEGER DEFAULT '0' NOT NULL,
	cached INTEGER DEFAULT '0' NOT NULL,
	cache_write INTEGER DEFAULT '0' NOT NULL,
	cache_write_1h INTEGER DEFAULT '0' NOT NULL,
	output INTEGER DEFAULT '0' NOT NULL,
	reasoning INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT statement_lines_pk PRIMARY KEY (id),
	CONSTRAINT statement_lines_account_id_ck CHECK (account_id >= 0),
	CONSTRAINT statement_lines_kind_ck CHECK (kind IN ('opening', 'grant', 'settle', 'expire', 'refund', 'adjust', 'move', 'closing', 'tokens')),
	CONSTRAINT statement_lines_unit_ck CHECK (unit IN ('micro', 'tokens', 'messages')),
	CONSTRAINT statement_lines_lines_ck CHECK (lines >= 0),
	CONSTRAINT statement_lines_input_ck CHECK (input >= 0),
	CONSTRAINT statement_lines_cached_ck CHECK (cached >= 0),
	CONSTRAINT statement_lines_cache_write_ck CHECK (cache_write >= 0),
	CONSTRAINT statement_lines_cache_write_1h_ck CHECK (cache_write_1h >= 0),
	CONSTRAINT statement_lines_output_ck CHECK (output >= 0),
	CONSTRAINT statement_lines_reasoning_ck CHECK (reasoning >= 0),
	CONSTRAINT statement_lines_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT statement_lines_statement_id_fk FOREIGN KEY(statement_id) REFERENCES statements (id)
)

CREATE INDEX statement_lines_account ON statement_lines (account_id, id)

CREATE INDEX statement_lines_statement ON statement_lines (statement_id, id)

CREATE TRIGGER statement_lines_keep_delete BEFORE DELETE ON statement_lines BEGIN SELECT RAISE(ABORT, 'statement_lines are never changed'); END

CREATE TRIGGER statement_lines_keep_update BEFORE UPDATE ON statement_lines BEGIN SELECT RAISE(ABORT, 'statement_lines are never changed'); END

CREATE TABLE teams (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	"key" TEXT DEFAULT '' NOT NULL,
	cap INTEGER DEFAULT '0' NOT NULL,
	cap_unit TEXT DEFAULT 'micro' NOT NULL,
	told TEXT DEFAULT '' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT teams_pk PRIMARY KEY (id),
	CONSTRAINT teams_cap_ck CHECK (cap >= 0),
	CONSTRAINT teams_cap_unit_ck CHECK (cap_unit IN ('micro', 'tokens', 'messages')),
	CONSTRAINT teams_created_ck CHECK (created >= 0),
	CONSTRAINT teams_natural UNIQUE (tenant_id, "key"),
	CONSTRAINT teams_id_fk FOREIGN KEY(id) REFERENCES accounts (id),
	CONSTRAINT teams_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id)
)

CREATE TABLE addresses (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	platform TEXT DEFAULT '' NOT NULL,
	bot TEXT DEFAULT '' NOT NULL,
	chat TEXT DEFAULT '' NOT NULL,
	thread TEXT DEFAULT '' NOT NULL,
	kind TEXT DEFAULT 'private' NOT NULL,
	conversation_id INTEGER NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT addresses_pk PRIMARY KEY (id),
	CONSTRAINT addresses_kind_ck CHECK (kind IN ('private', 'group')),
	CONSTRAINT addresses_created_ck CHECK (created >= 0),
	CONSTRAINT addresses_natural UNIQUE (tenant_id, platform, bot, chat, thread),
	CONSTRAINT addresses_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT addresses_conversation_id_fk FOREIGN KEY(conversation_id) REFERENCES conversations (id)
)

CREATE TABLE attempts (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	turn_id INTEGER DEFAULT '0' NOT NULL,
	conversation_id INTEGER,
	account_id INTEGER NOT NULL,
	model TEXT DEFAULT '' NOT NULL,
	provider TEXT DEFAULT '' NOT NULL,
	purpose TEXT DEFAULT 'answer' NOT NULL,
	asked_tokens INTEGER DEFAULT '0' NOT NULL,
	max_output INTEGER DEFAULT '0' NOT NULL,
	state TEXT DEFAULT 'open' NOT NULL,
	input INTEGER DEFAULT '0' NOT NULL,
	cached INTEGER DEFAULT '0' NOT NULL,
	cache_write INTEGER DEFAULT '0' NOT NULL,
	cache_write_1h INTEGER DEFAULT '0' NOT NULL,
	output INTEGER DEFAULT '0' NOT NULL,
	reasoning INTEGER DEFAULT '0' NOT NULL,
	estimated SMALLINT DEFAULT '0' NOT NULL,
	answered_model TEXT DEFAULT '' NOT NULL,
	error TEXT DEFAULT '' NOT NULL,
	first_word_ms INTEGER,
	total_ms INTEGER DEFAULT '0' NOT NULL,
	opened INTEGER DEFAULT '0' NOT NULL,
	ended INTEGER DEFAULT '0' NOT NULL,
	owner TEXT DEFAULT '' NOT NULL,
	mark INTEGER DEFAULT '0' NOT NULL,
	key_id INTEGER DEFAULT '0' NOT NULL,
	payer_id INTEGER DEFAULT '0' NOT NULL,
	unit TEXT DEFAULT 'micro' NOT NULL,
	held INTEGER DEFAULT '0' NOT NULL,
	charged INTEGER DEFAULT '0' NOT NULL,
	grant_id INTEGER DEFAULT '0' NOT NULL,
	ceilings TEXT DEFAULT '' NOT NULL,
	cost INTEGER DEFAULT '0' NOT NULL,
	price_version TEXT DEFAULT '' NOT NULL,
	price_input INTEGER DEFAULT '0' NOT NULL,
	price_output INTEGER DEFAULT '0' NOT NULL,
	price_request INTEGER DEFAULT '0' NOT NULL,
	ends INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT attempts_pk PRIMARY KEY (id),
	CONSTRAINT attempts_turn_id_ck CHECK (turn_id >= 0),
	CONSTRAINT attempts_purpose_ck CHECK (purpose IN ('answer', 'summary', 'transcription')),
	CONSTRAINT attempts_asked_tokens_ck CHECK (asked_tokens >= 0),
	CONSTRAINT attempts_max_output_ck CHECK (max_output >= 0),
	CONSTRAINT attempts_state_ck CHECK (state IN ('open', 'done', 'failed', 'cut', 'cancelled', 'unknown')),
	CONSTRAINT attempts_input_ck CHECK (input >= 0),
	CONSTRAINT attempts_cached_ck CHECK (cached >= 0),
	CONSTRAINT attempts_cache_write_ck CHECK (cache_write >= 0),
	CONSTRAINT attempts_cache_write_1h_ck CHECK (cache_write_1h >= 0),
	CONSTRAINT attempts_output_ck CHECK (output >= 0),
	CONSTRAINT attempts_reasoning_ck CHECK (reasoning >= 0),
	CONSTRAINT attempts_estimated_ck CHECK (estimated IN (0, 1)),
	CONSTRAINT attempts_total_ms_ck CHECK (total_ms >= 0),
	CONSTRAINT attempts_opened_ck CHECK (opened >= 0),
	CONSTRAINT attempts_ended_ck CHECK (ended >= 0),
	CONSTRAINT attempts_mark_ck CHECK (mark >= 0),
	CONSTRAINT attempts_key_id_ck CHECK (key_id >= 0),
	CONSTRAINT attempts_payer_id_ck CHECK (payer_id >= 0),
	CONSTRAINT attempts_unit_ck CHECK (unit IN ('micro', 'tokens', 'messages')),
	CONSTRAINT attempts_held_ck CHECK (held >= 0),
	CONSTRAINT attempts_charged_ck CHECK (charged >= 0),
	CONSTRAINT attempts_grant_id_ck CHECK (grant_id >= 0),
	CONSTRAINT attempts_cost_ck CHECK (cost >= 0),
	CONSTRAINT attempts_price_input_ck CHECK (price_input >= 0),
	CONSTRAINT attempts_price_output_ck CHECK (price_output >= 0),
	CONSTRAINT attempts_price_request_ck CHECK (price_request >= 0),
	CONSTRAINT attempts_ends_ck CHECK (ends >= 0),
	CONSTRAINT attempts_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT attempts_conversation_id_fk FOREIGN KEY(conversation_id) REFERENCES conversations (id),
	CONSTRAINT attempts_account_id_fk FOREIGN KEY(account_id) REFERENCES accounts (id)
)

CREATE INDEX attempts_account ON attempts (account_id, opened)

CREATE INDEX attempts_open ON attempts (turn_id) WHERE state = 'open'

CREATE INDEX attempts_opened ON attempts (opened)

CREATE INDEX attempts_treated ON attempts (payer_id, opened) WHERE payer_id > 0 AND payer_id != account_id

CREATE INDEX attempts_turn ON attempts (turn_id, id)

CREATE TABLE guesses (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	identity_id INTEGER NOT NULL,
	wrong INTEGER DEFAULT '0' NOT NULL,
	since INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT guesses_pk PRIMARY KEY (id),
	CONSTRAINT guesses_wrong_ck CHECK (wrong >= 0),
	CONSTRAINT guesses_since_ck CHECK (since >= 0),
	CONSTRAINT guesses_natural UNIQUE (tenant_id, identity_id),
	CONSTRAINT guesses_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT guesses_identity_id_fk FOREIGN KEY(identity_id) REFERENCES identities (id)
)

CREATE TABLE invitations (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	digest TEXT DEFAULT '' NOT NULL,
	team_id INTEGER NOT NULL,
	expires INTEGER DEFAULT '0' NOT NULL,
	used_by INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT invitations_pk PRIMARY KEY (id),
	CONSTRAINT invitations_expires_ck CHECK (expires >= 0),
	CONSTRAINT invitations_used_by_ck CHECK (used_by >= 0),
	CONSTRAINT invitations_natural UNIQUE (tenant_id, digest),
	CONSTRAINT invitations_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT invitations_team_id_fk FOREIGN KEY(team_id) REFERENCES teams (id)
)

CREATE INDEX invitations_team ON invitations (team_id, id)

CREATE TABLE members (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	team_id INTEGER NOT NULL,
	account_id INTEGER NOT NULL,
	role TEXT DEFAULT 'member' NOT NULL,
	cap INTEGER DEFAULT '0' NOT NULL,
	cap_unit TEXT DEFAULT 'micro' NOT NULL,
	alone SMALLINT DEFAULT '0' NOT NULL,
	joined INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT members_pk PRIMARY KEY (id),
	CONSTRAINT members_role_ck CHECK (role IN ('member', 'admin', 'owner', 'gone')),
	CONSTRAINT members_cap_ck CHECK (cap >= 0),
	CONSTRAINT members_cap_unit_ck CHECK (cap_unit IN ('micro', 'tokens', 'messages')),
	CONSTRAINT members_alone_ck CHECK (alone IN (0, 1)),
	CONSTRAINT members_joined_ck CHECK (joined >= 0),
	CONSTRAINT members_natural UNIQUE (tenant_id, team_id, account_id),
	CONSTRAINT members_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT members_team_id_fk FOREIGN KEY(team_id) REFERENCES teams (id),
	CONSTRAINT members_account_id_fk FOREIGN KEY(account_id) REFERENCES accounts (id)
)

CREATE INDEX members_account ON members (account_id, id)

CREATE INDEX members_team ON members (team_id, id)

CREATE TABLE messages (
	conversation_id INTEGER NOT NULL,
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	turn_id INTEGER DEFAULT '0' NOT NULL,
	role TEXT DEFAULT 'user' NOT NULL,
	text TEXT DEFAULT '' NOT NULL,
	tokens INTEGER DEFAULT '0' NOT NULL,
	attachments TEXT DEFAULT '' NOT NULL,
	model TEXT DEFAULT '' NOT NULL,
	superseded SMALLINT DEFAULT '0' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT messages_pk PRIMARY KEY (conversation_id, id),
	CONSTRAINT messages_turn_id_ck CHECK (turn_id >= 0),
	CONSTRAINT messages_role_ck CHECK (role IN ('user', 'assistant')),
	CONSTRAINT messages_tokens_ck CHECK (tokens >= 0),
	CONSTRAINT messages_superseded_ck CHECK (superseded IN (0, 1)),
	CONSTRAINT messages_created_ck CHECK (created >= 0),
	CONSTRAINT messages_conversation_id_fk FOREIGN KEY(conversation_id) REFERENCES conversations (id),
	CONSTRAINT messages_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id)
)
 WITHOUT ROWID

CREATE INDEX messages_created ON messages (created)

CREATE TABLE replays (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	key_id INTEGER NOT NULL,
	name TEXT DEFAULT '' NOT NULL,
	digest TEXT DEFAULT '' NOT NULL,
	state TEXT DEFAULT 'open' NOT NULL,
	until INTEGER DEFAULT '0' NOT NULL,
	status INTEGER DEFAULT '0' NOT NULL,
	answer BLOB,
	created INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT replays_pk PRIMARY KEY (id),
	CONSTRAINT replays_state_ck CHECK (state IN ('open', 'done', 'lost')),
	CONSTRAINT replays_until_ck CHECK (until >= 0),
	CONSTRAINT replays_status_ck CHECK (status >= 0),
	CONSTRAINT replays_created_ck CHECK (created >= 0),
	CONSTRAINT replays_natural UNIQUE (tenant_id, key_id, name),
	CONSTRAINT replays_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT replays_key_id_fk FOREIGN KEY(key_id) REFERENCES api_keys (id)
)

CREATE TABLE team_places (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	platform TEXT DEFAULT '' NOT NULL,
	bot TEXT DEFAULT '' NOT NULL,
	place TEXT DEFAULT '' NOT NULL,
	team_id INTEGER NOT NULL,
	everybody SMALLINT DEFAULT '0' NOT NULL,
	private SMALLINT DEFAULT '0' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT team_places_pk PRIMARY KEY (id),
	CONSTRAINT team_places_everybody_ck CHECK (everybody IN (0, 1)),
	CONSTRAINT team_places_private_ck CHECK (private IN (0, 1)),
	CONSTRAINT team_places_created_ck CHECK (created >= 0),
	CONSTRAINT team_places_natural UNIQUE (tenant_id, platform, bot, place),
	CONSTRAINT team_places_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT team_places_team_id_fk FOREIGN KEY(team_id) REFERENCES teams (id)
)

CREATE INDEX team_places_team ON team_places (team_id, id)

CREATE TABLE codes (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	digest TEXT DEFAULT '' NOT NULL,
	account_id INTEGER NOT NULL,
	identity_id INTEGER NOT NULL,
	address_id INTEGER NOT NULL,
	language TEXT DEFAULT '' NOT NULL,
	expires INTEGER DEFAULT '0' NOT NULL,
	used_by INTEGER DEFAULT '0' NOT NULL,
	asker INTEGER DEFAULT '0' NOT NULL,
	asked_at INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT codes_pk PRIMARY KEY (id),
	CONSTRAINT codes_expires_ck CHECK (expires >= 0),
	CONSTRAINT codes_used_by_ck CHECK (used_by >= 0),
	CONSTRAINT codes_asker_ck CHECK (asker >= 0),
	CONSTRAINT codes_asked_at_ck CHECK (asked_at >= 0),
	CONSTRAINT codes_natural UNIQUE (tenant_id, digest),
	CONSTRAINT codes_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT codes_account_id_fk FOREIGN KEY(account_id) REFERENCES accounts (id),
	CONSTRAINT codes_identity_id_fk FOREIGN KEY(identity_id) REFERENCES identities (id),
	CONSTRAINT codes_address_id_fk FOREIGN KEY(address_id) REFERENCES addresses (id)
)

CREATE INDEX codes_account ON codes (account_id, id)

CREATE TABLE inbox (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	platform TEXT DEFAULT '' NOT NULL,
	bot TEXT DEFAULT '' NOT NULL,
	event_id TEXT DEFAULT '' NOT NULL,
	address_id INTEGER NOT NULL,
	conversation_id INTEGER NOT NULL,
	account_id INTEGER NOT NULL,
	sender_user TEXT DEFAULT '' NOT NULL,
	sender_name TEXT DEFAULT '' NOT NULL,
	sender_language TEXT DEFAULT '' NOT NULL,
	kind TEXT DEFAULT 'said' NOT NULL,
	content TEXT DEFAULT '' NOT NULL,
	state TEXT DEFAULT 'waiting' NOT NULL,
	overtakes SMALLINT DEFAULT '0' NOT NULL,
	tries INTEGER DEFAULT '0' NOT NULL,
	shown SMALLINT DEFAULT '0' NOT NULL,
	progress TEXT DEFAULT '' NOT NULL,
	received INTEGER DEFAULT '0' NOT NULL,
	finished INTEGER DEFAULT '0' NOT NULL,
	finished_fence INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT inbox_pk PRIMARY KEY (id),
	CONSTRAINT inbox_kind_ck CHECK (kind IN ('said', 'called', 'pressed')),
	CONSTRAINT inbox_state_ck CHECK (state IN ('waiting', 'running', 'replied', 'noticed', 'merged', 'ignored')),
	CONSTRAINT inbox_overtakes_ck CHECK (overtakes IN (0, 1)),
	CONSTRAINT inbox_tries_ck CHECK (tries >= 0),
	CONSTRAINT inbox_shown_ck CHECK (shown IN (0, 1)),
	CONSTRAINT inbox_received_ck CHECK (received >= 0),
	CONSTRAINT inbox_finished_ck CHECK (finished >= 0),
	CONSTRAINT inbox_finished_fence_ck CHECK (finished_fence >= 0),
	CONSTRAINT inbox_natural UNIQUE (tenant_id, platform, bot, event_id),
	CONSTRAINT inbox_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT inbox_address_id_fk FOREIGN KEY(address_id) REFERENCES addresses (id),
	CONSTRAINT inbox_conversation_id_fk FOREIGN KEY(conversation_id) REFERENCES conversations (id),
	CONSTRAINT inbox_account_id_fk FOREIGN KEY(account_id) REFERENCES accounts (id)
)

CREATE INDEX inbox_lane ON inbox (conversation_id, state, id) WHERE overtakes = 0 AND state IN ('running', 'waiting')

CREATE INDEX inbox_overtaking ON inbox (received) WHERE overtakes = 1 AND state IN ('running', 'waiting')

CREATE INDEX inbox_screen ON inbox (address_id, id) WHERE kind = 'said'

CREATE TABLE orders (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	digest TEXT DEFAULT '' NOT NULL,
	gateway TEXT DEFAULT '' NOT NULL,
	account_id INTEGER NOT NULL,
	address_id INTEGER NOT NULL,
	sender_user TEXT DEFAULT '' NOT NULL,
	sender_name TEXT DEFAULT '' NOT NULL,
	language TEXT DEFAULT '' NOT NULL,
	goods TEXT DEFAULT 'plan' NOT NULL,
	name TEXT DEFAULT '' NOT NULL,
	state TEXT DEFAULT 'open' NOT NULL,
	expires INTEGER DEFAULT '0' NOT NULL,
	started INTEGER DEFAULT '0' NOT NULL,
	object TEXT DEFAULT '' NOT NULL,
	url TEXT DEFAULT '' NOT NULL,
	price INTEGER DEFAULT '0' NOT NULL,
	currency TEXT DEFAULT '' NOT NULL,
	credit INTEGER DEFAULT '0' NOT NULL,
	price_id TEXT DEFAULT '' NOT NULL,
	customer TEXT DEFAULT '' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT orders_pk PRIMARY KEY (id),
	CONSTRAINT orders_goods_ck CHECK (goods IN ('plan', 'topup', 'portal')),
	CONSTRAINT orders_state_ck CHECK (state IN ('open', 'started', 'paid', 'done')),
	CONSTRAINT orders_expires_ck CHECK (expires >= 0),
	CONSTRAINT orders_started_ck CHECK (started >= 0),
	CONSTRAINT orders_price_ck CHECK (price >= 0),
	CONSTRAINT orders_credit_ck CHECK (credit >= 0),
	CONSTRAINT orders_created_ck CHECK (created >= 0),
	CONSTRAINT orders_natural UNIQUE (tenant_id, digest),
	CONSTRAINT orders_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT orders_account_id_fk FOREIGN KEY(account_id) REFERENCES accounts (id),
	CONSTRAINT orders_address_id_fk FOREIGN KEY(address_id) REFERENCES addresses (id)
)

CREATE INDEX orders_account ON orders (account_id, id)

CREATE INDEX orders_digest ON orders (digest)

CREATE INDEX orders_waiting ON orders (started) WHERE state IN ('paid', 'started')

CREATE TABLE outbox (
	id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	"key" TEXT DEFAULT '' NOT NULL,
	turn_id INTEGER DEFAULT '0' NOT NULL,
	address_id INTEGER NOT NULL,
	text TEXT DEFAULT '' NOT NULL,
	notice TEXT DEFAULT '' NOT NULL,
	buttons TEXT DEFAULT '' NOT NULL,
	failed SMALLINT DEFAULT '0' NOT NULL,
	language TEXT DEFAULT '' NOT NULL,
	state TEXT DEFAULT 'pending' NOT NULL,
	tries INTEGER DEFAULT '0' NOT NULL,
	due_at INTEGER DEFAULT '0' NOT NULL,
	error TEXT DEFAULT '' NOT NULL,
	created INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT outbox_pk PRIMARY KEY (id),
	CONSTRAINT outbox_turn_id_ck CHECK (turn_id >= 0),
	CONSTRAINT outbox_failed_ck CHECK (failed IN (0, 1)),
	CONSTRAINT outbox_state_ck CHECK (state IN ('pending', 'sent', 'dead')),
	CONSTRAINT outbox_tries_ck CHECK (tries >= 0),
	CONSTRAINT outbox_due_at_ck CHECK (due_at >= 0),
	CONSTRAINT outbox_created_ck CHECK (created >= 0),
	CONSTRAINT outbox_natural UNIQUE (tenant_id, "key"),
	CONSTRAINT outbox_tenant_id_fk FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT outbox_address_id_fk FOREIGN KEY(address_id) REFERENCES addresses (id)
)

CREATE INDEX outbox_dead ON outbox (id) WHERE state = 'dead'

CREATE INDEX outbox_due ON outbox (due_at, id) WHERE state = 'pending'

CREATE INDEX outbox_screen ON outbox (address_id, id)
