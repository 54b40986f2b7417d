-- name: hold_account
-- One change of an account's factors at a time: two removals could leave none.
SELECT id FROM account WHERE id = $1 FOR UPDATE;

-- name: raise_epoch
-- Tokens of the epoch before are refused from now on.
UPDATE account SET epoch = epoch + 1, epoch_changed_at = $2 WHERE id = $1 RETURNING epoch;

-- name: has_factor
-- Whether a sign-in needs more than a password.
SELECT EXISTS (SELECT FROM totp WHERE account_id = $1) OR EXISTS (SELECT FROM passkey WHERE account_id = $1);

-- name: app
-- To check a code.
SELECT account_id, sealed_secret, created_at, last_step FROM totp WHERE account_id = $1;

-- name: keep_app
-- A new app takes the place of the one before.
INSERT INTO totp (account_id, sealed_secret, created_at, last_step) VALUES ($1, $2, $3, $4)
ON CONFLICT (account_id) DO UPDATE SET
  sealed_secret = EXCLUDED.sealed_secret, created_at = EXCLUDED.created_at, last_step = EXCLUDED.last_step;

-- name: use_step
-- Of two requests with one code, one is too late.
UPDATE totp SET last_step = $2 WHERE account_id = $1 AND last_step < $2 RETURNING last_step;

-- name: delete_app
-- Removed by its owner.
DELETE FROM totp WHERE account_id = $1 RETURNING account_id;

-- name: passkeys
-- An account's, oldest first.
SELECT id, account_id, credential_id, public_key, sign_count, transports, name, created_at, last_used_at
FROM passkey WHERE account_id = $1 ORDER BY created_at, id;

-- name: hold_passkey
-- By the credential that was shown; held, so that its counter rises once for each use.
SELECT id, account_id, credential_id, public_key, sign_count, transports, name, created_at, last_used_at
FROM passkey WHERE credential_id = $1 FOR UPDATE;

-- name: insert_passkey
-- An authenticator never makes the same credential twice.
INSERT INTO passkey (id, account_id, credential_id, public_key, sign_count, transports, name, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (credential_id) DO NOTHING
RETURNING id;

-- name: use_passkey
-- The counter that the authenticator gave: a copy of it would lag behind.
UPDATE passkey SET sign_count = $2, last_used_at = $3 WHERE id = $1;

-- name: delete_passkey
-- Removed by its owner.
DELETE FROM passkey WHERE id = $1 AND account_id = $2 RETURNING name;

-- name: delete_passkeys
-- An administrator resets the account.
DELETE FROM passkey WHERE account_id = $1;

-- name: recovery_codes_left
-- For the owner's page.
SELECT count(*) FROM recovery_code WHERE account_id = $1 AND used_at IS NULL;

-- name: insert_recovery_code
-- Only its hash.
INSERT INTO recovery_code (account_id, hash) VALUES ($1, $2);

-- name: use_recovery_code
-- Once.
UPDATE recovery_code SET used_at = $3 WHERE account_id = $1 AND hash = $2 AND used_at IS NULL RETURNING hash;

-- name: delete_recovery_codes
-- New ones take their place, or there is no factor left that they stand in for.
DELETE FROM recovery_code WHERE account_id = $1;

-- name: insert_ceremony
-- Something begun.
INSERT INTO ceremony (hash, purpose, account_id, sid, epoch, methods, challenge, sealed_secret, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: try_ceremony
-- Each try counts, whatever comes of it.
UPDATE ceremony SET attempts = attempts + 1
WHERE hash = $1 AND purpose = $2 AND expires_at > $3 AND attempts < $4
RETURNING hash, purpose, account_id, sid, epoch, methods, challenge, sealed_secret, attempts, expires_at;

-- name: look_ceremony
-- Without trying anything.
SELECT hash, purpose, account_id, sid, epoch, methods, challenge, sealed_secret, attempts, expires_at
FROM ceremony WHERE hash = $1 AND purpose = $2 AND expires_at > $3 AND attempts < $4;

-- name: finish_ceremony
-- Of two who finish it, one is too late.
DELETE FROM ceremony WHERE hash = $1 RETURNING hash;

-- name: delete_expired_ceremonies
-- Nobody can finish them.
DELETE FROM ceremony WHERE expires_at < $1;

-- name: mail_of
-- Where and in which language the owner is told.
SELECT email, lang FROM account WHERE id = $1;
