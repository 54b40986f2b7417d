-- name: insert_session
-- A sign-in.
INSERT INTO session (sid, account_id, kind, id_hash, user_agent, address, created_at, last_used_at, expires_at,
  authenticated_at, methods)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10);

-- name: succeed_browser
-- The same sign-in under another id: who knew the id before knows nothing now.
INSERT INTO session (sid, account_id, kind, id_hash, user_agent, address, created_at, last_used_at, expires_at,
  authenticated_at, methods)
SELECT $2, account_id, kind, $3, user_agent, address, created_at, $4, expires_at, $5, $6
FROM session WHERE sid = $1;

-- name: prove_session
-- An API client's session goes on as it is.
UPDATE session SET authenticated_at = $2, methods = $3 WHERE sid = $1;

-- name: browser_sid
-- By the hash of the browser's id; only of one that was used lately.
SELECT sid FROM session WHERE id_hash = $1 AND last_used_at > $2;

-- name: resolve_browser
-- Finds and touches in one statement, so that a session ended meanwhile is not found.
UPDATE session s SET last_used_at = GREATEST(s.last_used_at, $2)
FROM account a
WHERE s.id_hash = $1 AND a.id = s.account_id AND s.revoked_at IS NULL AND s.expires_at > $2
  AND s.last_used_at > $3 AND a.disabled_at IS NULL
RETURNING s.sid, s.kind, s.expires_at, s.revoked_at, s.authenticated_at, s.methods,
  a.id, a.email, a.display_name, a.role, a.areas, a.plan, a.epoch, a.created_at, a.disabled_at;

-- name: session_by_sid
-- The session of a token's bearer.
SELECT s.sid, s.kind, s.expires_at, s.revoked_at, s.authenticated_at, s.methods,
  a.id, a.email, a.display_name, a.role, a.areas, a.plan, a.epoch, a.created_at, a.disabled_at
FROM session s JOIN account a ON a.id = s.account_id
WHERE s.sid = $1;

-- name: lock_session
-- All refreshes of a family, and its end, happen one after the other.
SELECT s.sid, s.kind, s.expires_at, s.revoked_at, s.authenticated_at, s.methods,
  a.id, a.email, a.display_name, a.role, a.areas, a.plan, a.epoch, a.created_at, a.disabled_at
FROM session s JOIN account a ON a.id = s.account_id
WHERE s.sid = $1 FOR UPDATE OF s;

-- name: touch_session
-- For the account's list of sessions.
UPDATE session SET last_used_at = $2 WHERE sid = $1;

-- name: end_session
-- Of the account that asks, and only once.
UPDATE session SET revoked_at = $3 WHERE sid = $1 AND account_id = $2 AND revoked_at IS NULL
RETURNING sid, id_hash;

-- name: ended_session
-- Asking again for the end of a session announces it again.
SELECT sid, id_hash FROM session WHERE sid = $1 AND account_id = $2 AND revoked_at IS NOT NULL;

-- name: end_browser
-- By the hash of the browser's id.
UPDATE session SET revoked_at = COALESCE(revoked_at, $2) WHERE id_hash = $1
RETURNING sid, id_hash, account_id, revoked_at = $2 AS now_ended;

-- name: end_account_sessions
-- All of an account's sessions of the given kinds.
UPDATE session SET revoked_at = $3 WHERE account_id = $1 AND kind = ANY ($2) AND revoked_at IS NULL AND expires_at > $3
RETURNING sid, id_hash;

-- name: end_other_sessions
-- All of an account's sessions but one.
UPDATE session SET revoked_at = $3 WHERE account_id = $1 AND sid IS DISTINCT FROM $2 AND revoked_at IS NULL
  AND expires_at > $3
RETURNING sid, id_hash;

-- name: living_sessions
-- For the account's own page; a browser that was idle for too long is signed out, though nobody wrote that down.
SELECT sid, kind, user_agent, address, created_at, last_used_at, expires_at
FROM session
WHERE account_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND (kind = 'api' OR last_used_at > $3)
ORDER BY last_used_at DESC, sid;

-- name: recently_ended
-- To announce again after Redis was away.
SELECT sid, id_hash FROM session WHERE revoked_at > $1;

-- name: recent_epochs
-- Likewise; an account that was only just opened has nothing older to refuse.
SELECT id, epoch FROM account WHERE epoch_changed_at > $1 AND epoch > 1;

-- name: delete_expired
-- Ended long ago: the audit trail tells what is still worth knowing. Refresh tokens go with them.
DELETE FROM session WHERE expires_at < $1 OR revoked_at < $1;

-- name: insert_refresh_token
-- The next one of its family.
INSERT INTO refresh_token (hash, sid, created_at, expires_at) VALUES ($1, $2, $3, $4);

-- name: refresh_token
-- Read again once the family is locked.
SELECT sid, expires_at, used_at IS NOT NULL AS used FROM refresh_token WHERE hash = $1;

-- name: use_refresh_token
-- Once only.
UPDATE refresh_token SET used_at = $2, successor = $3 WHERE hash = $1 AND used_at IS NULL RETURNING hash;
