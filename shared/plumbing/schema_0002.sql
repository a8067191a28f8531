-- The trace that a fact belongs to (W3C traceparent), while it waits for the wire; null when nobody collects traces.
alter table outbox add column traceparent text;
