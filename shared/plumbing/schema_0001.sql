-- What every service's database has besides its own tables.

create table town_clock (one bool primary key default true check (one), ahead interval not null default '0');
insert into town_clock default values;
create function town_now() returns timestamptz language sql volatile
    as 'select clock_timestamp() + ahead from town_clock';

create function append_only() returns trigger language plpgsql
    as 'begin raise exception ''% is append-only'', tg_table_name using errcode = ''restrict_violation''; end';

-- Everything this service ever said. The hash chains the facts of one stream.
create table journal (
    position bigint generated always as identity (cache 1) primary key,
    kind text not null,
    stream uuid not null,
    version int not null,
    type text not null,
    data json not null,
    actor text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    cause text not null,
    correlation text not null,
    terms text not null,
    hash bytea not null,
    unique (stream, version)
);
create trigger journal_append_only before update or delete or truncate on journal
    for each statement execute function append_only();

-- A signed head over everything written, every minute: a cut tail or a missing stream shows.
create table seals (
    up_to bigint primary key,
    facts bigint not null,
    digest bytea not null,
    sealed_at timestamptz not null,
    signature bytea not null
);
create trigger seals_append_only before update or delete or truncate on seals
    for each statement execute function append_only();

-- Journal positions that are not yet on the wire.
create table outbox (position bigint primary key) with (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000
);
-- The last record the broker acknowledged, per partition, and how often the log was begun anew.
create table relayed (partition int primary key, log_offset bigint not null, fact text not null);
create table wire (one bool primary key default true check (one), epoch int not null default 1);
insert into wire default values;

-- How far each stream of others was heard; what waits for its turn; which log was read.
create table inbox (
    reader text, kind text not null, stream uuid, version int not null, primary key (stream, reader)
) with (fillfactor = 80);
create table parked (
    reader text, kind text not null, stream uuid, version int, envelope json not null, body bytea not null,
    since timestamptz not null default clock_timestamp(), primary key (stream, version, reader)
);
create table hearing (reader text, topic text, partition int, epoch int not null, primary key (reader, topic, partition));

-- What could not be handled: sealed, with its reason, until somebody decides.
create table quarantine (
    id bigint generated always as identity primary key,
    reader text not null,
    source text not null,
    record text not null,
    kind text,
    stream uuid,
    version int,
    code text not null,
    reason text not null,
    sealed bytea not null,
    since timestamptz not null default clock_timestamp(),
    attempts int not null default 1,
    state text not null default 'OPEN' check (state in ('OPEN', 'REPLAYED', 'DISCARDED')),
    decided_by text,
    decided_at timestamptz,
    decision text,
    unique (reader, source, record)
);
create index quarantine_open on quarantine (stream) where state = 'OPEN';

create table idempotency (
    key text primary key, body bytea not null, answer json not null, at timestamptz not null default clock_timestamp()
);
create index idempotency_at on idempotency (at);

create table timers (
    kind text, subject uuid, name text, version int, due_at timestamptz not null, data json,
    primary key (subject, name, version, kind)
);
create index timers_due on timers (due_at);

-- Personal data, sealed with a key per person; erasing a person destroys the key.
create table vault_keys (subject uuid primary key, wrapped bytea not null, made_at timestamptz not null default clock_timestamp());
create table vault (
    owner uuid, field text, subject uuid not null, sealed bytea not null, primary key (owner, field)
);
create index vault_subject on vault (subject);

-- What people did that is not a fact of the town: decisions on quarantine, looks into the vault.
create table audit (
    position bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    actor text not null, action text not null, subject text not null, reason text not null
);
create trigger audit_append_only before update or delete or truncate on audit
    for each statement execute function append_only();
