-- In how many seconds the vendor takes the next attempt, where it said so with `failure`.
ALTER TABLE refresh_leases ADD COLUMN retry_after INTEGER;
