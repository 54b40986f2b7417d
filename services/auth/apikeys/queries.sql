-- name: hold_owner
-- Held until the key is written: keys of one account are counted one after the other, and a change of role waits.
SELECT role FROM account WHERE id = $1 AND disabled_at IS NULL FOR NO KEY UPDATE;

-- name: count_living
-- Those that count against the limit.
SELECT count(*) FROM api_key WHERE account_id = $1 AND revoked_at IS NULL AND expires_at > $2;

-- name: insert_key
-- Of the key itself only its hash and its first characters.
INSERT INTO api_key (id, account_id, hash, hint, name, scopes, plan, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: keys_of_account
-- The newest first; an expired one is shown for a while, so that its owner sees why a program stopped working.
SELECT id, account_id, name, hint, scopes, plan, created_at, expires_at, last_used_at
FROM api_key WHERE account_id = $1 AND revoked_at IS NULL ORDER BY created_at DESC, id LIMIT 1000;

-- name: revoke_key
-- Of the account that has it; once more changes nothing.
UPDATE api_key SET revoked_at = COALESCE(revoked_at, $3) WHERE id = $1 AND account_id = $2
RETURNING name, revoked_at = $3 AS now_revoked;

-- name: key_in_use
-- With what its owner may do at this moment, not when the key was made.
SELECT k.id, k.account_id, k.name, k.hint, k.scopes, k.plan, k.created_at, k.expires_at, k.last_used_at,
  a.role, a.areas, a.epoch, a.plan AS account_plan
FROM api_key k JOIN account a ON a.id = k.account_id
WHERE k.hash = $1 AND k.revoked_at IS NULL AND k.expires_at > $2 AND a.disabled_at IS NULL;

-- name: note_uses
-- Many at once; two replicas may write in either order.
UPDATE api_key k SET last_used_at = GREATEST(k.last_used_at, used.at)
FROM unnest($1::uuid[], $2::timestamptz[]) AS used (id, at) WHERE k.id = used.id;

-- name: recently_revoked
-- To announce again after Redis was away.
SELECT id FROM api_key WHERE revoked_at > $1;

-- name: delete_dead
-- Expired or revoked long ago.
DELETE FROM api_key WHERE expires_at < $1 OR revoked_at < $1;
