-- Who gets facts by webhook. The secrets lie in the vault, under the id that follows from service and unit.
create table webhooks (
    unit text primary key,
    version int not null default 1,
    url text not null,
    types text[] not null,
    thin bool not null,
    state text not null default 'ACTIVE' check (state in ('ACTIVE', 'PAUSED', 'DISABLED')),
    reason text,
    fingerprint text not null,
    previous_until timestamptz,
    registered_at timestamptz not null,
    changed_at timestamptz not null,
    failures int not null default 0,
    failing_since timestamptz,
    wait_until timestamptz,
    code text
);

-- What each of them is to get, by the position of the fact in the journal: its text stands there alone.
create table webhook_deliveries (
    id bigint generated always as identity primary key,
    unit text not null references webhooks on delete cascade,
    position bigint not null,
    kind text not null,
    stream uuid not null,
    fact int not null,
    type text not null,
    state text not null default 'QUEUED' check (state in ('QUEUED', 'DELIVERED', 'FAILED')),
    attempts int not null default 0,
    failures int not null default 0,
    status int,
    code text,
    made_at timestamptz not null,
    next_at timestamptz not null,
    busy_until timestamptz,
    tried_at timestamptz,
    delivered_at timestamptz,
    unique (unit, position)
);
create index webhook_deliveries_due on webhook_deliveries (unit, next_at) where state = 'QUEUED';
create index webhook_deliveries_before on webhook_deliveries (unit, stream, position) where state = 'QUEUED';
create index webhook_deliveries_delivered on webhook_deliveries (delivered_at) where state = 'DELIVERED';
create index webhook_deliveries_shown on webhook_deliveries (unit, state, position);

-- How far the journal was read for webhooks.
create table webhook_cursor (one bool primary key default true check (one), position bigint not null);
insert into webhook_cursor (position) select coalesce(max(position), 0) from journal;
