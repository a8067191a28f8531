-- Who looked how often in the last hour is asked at every look and at every scrape.
create index audit_at on audit (at);
create index audit_actor on audit (actor, action, at);
