"""Everything on one machine: a Kafka broker, PostgreSQL and the five services as child processes, loopback only."""
