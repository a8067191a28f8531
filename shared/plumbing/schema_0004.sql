-- What came with a matter besides words. The bytes lie outside, sealed with the key of `subject`, under the SHA-256 of the
-- sealed object (`address`). `sha256`: of the clean copy in clear; `came`: a keyed hash of the file as it came. Both are
-- forgotten when the person is erased; the row stays.
create table attachments (
    id uuid primary key,
    kind text not null,
    owner uuid not null,
    subject uuid not null,
    address text not null unique check (address ~ '^[0-9a-f]{64}$'),
    media_type text not null,
    size bigint not null,
    sha256 text,
    came bytea,
    uploaded_at timestamptz not null,
    uploaded_by text not null,
    withdrawn_at timestamptz,
    erased_at timestamptz
);
create index attachments_owner on attachments (owner);
create unique index attachments_same on attachments (owner, came) where withdrawn_at is null;
