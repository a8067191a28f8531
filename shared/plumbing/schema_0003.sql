-- What people are told of their matters. The contact stands nowhere here: it is read from the vault when it is sent to.
create table notices (
    id uuid primary key,
    position bigint generated always as identity,
    kind text not null,
    owner uuid not null,
    template text not null,
    parameters json not null,
    critical bool not null,
    subject uuid,
    state text not null default 'QUEUED' check (state in ('QUEUED', 'SENT', 'DELIVERED', 'FAILED', 'SUPPRESSED')),
    reason text,
    attempts int not null default 0,
    made_at timestamptz not null,
    due_at timestamptz not null,
    next_at timestamptz not null,
    busy_until timestamptz,
    sent_at timestamptz,
    delivered_at timestamptz
);
create index notices_due on notices (next_at) where state = 'QUEUED';
create index notices_before on notices (owner, position) where state = 'QUEUED';
create index notices_owner on notices (owner);
create index notices_made on notices (made_at);

-- Who does not want to be told.
create table notice_refusals (subject uuid primary key, refused_at timestamptz not null, actor text not null);

-- How far the journal was read for notices. Nobody is told of what happened before there were any.
create table notice_cursor (one bool primary key default true check (one), position bigint not null);
insert into notice_cursor (position) select coalesce(max(position), 0) from journal;
