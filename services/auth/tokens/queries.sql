-- name: lock_keys
-- One replica at a time makes or rotates keys; the number only has to differ from the service's other locks.
SELECT pg_advisory_xact_lock(7093001);

-- name: all_keys
-- Few rows, always read together.
SELECT kid, public_key, sealed_private_key, state, created_at, state_changed_at
FROM signing_key ORDER BY created_at, kid;

-- name: insert_key
-- A fresh key.
INSERT INTO signing_key (kid, public_key, sealed_private_key, state, created_at, state_changed_at)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: change_key_state
-- A step of rotation.
UPDATE signing_key SET state = $2, state_changed_at = $3 WHERE kid = $1;

-- name: delete_retired_keys
-- Nothing that they signed is still valid.
DELETE FROM signing_key WHERE state IN ('retiring', 'dropped') AND state_changed_at < $1;

-- name: recently_dropped
-- To announce again after Redis was away.
SELECT kid FROM signing_key WHERE state = 'dropped' AND state_changed_at > $1;
