-- name: account_for_reset
-- Whoever has the mailbox of an address may choose the password of its account, also before they confirmed it.
SELECT id, email, display_name, role, areas, plan, epoch, created_at, disabled_at, lang
FROM account WHERE email = $1 AND disabled_at IS NULL;

-- name: hold_own
-- The account that is about to change, with the language of its mail.
SELECT id, email, display_name, role, areas, plan, epoch, created_at, disabled_at, lang
FROM account WHERE id = $1 AND disabled_at IS NULL FOR UPDATE;

-- name: ask_for_reset
-- Whether there is an account is looked up later.
INSERT INTO reset_request (email, lang, asked_at, request_id) VALUES ($1, $2, $3, $4);

-- name: take_request
-- One of the replicas answers it.
DELETE FROM reset_request
WHERE id = (SELECT id FROM reset_request ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING email, lang;

-- name: set_password
-- Tokens of the epoch before are refused. Who got here by a letter has shown that the address is theirs.
UPDATE account SET password_hash = $2, epoch = epoch + 1, epoch_changed_at = $3,
  verified_at = CASE WHEN $4 THEN COALESCE(verified_at, $3) ELSE verified_at END
WHERE id = $1 AND disabled_at IS NULL RETURNING epoch;

-- name: rename
-- What is not given stays.
UPDATE account SET display_name = COALESCE($2, display_name), lang = COALESCE($3, lang)
WHERE id = $1 AND disabled_at IS NULL
RETURNING id, email, display_name, role, areas, plan, epoch, created_at, disabled_at;

-- name: living_browsers
-- Whose cached sessions say what the account was called.
SELECT id_hash FROM session WHERE account_id = $1 AND id_hash IS NOT NULL AND revoked_at IS NULL;

-- name: give_way
-- An address that nobody has shown to be theirs is free for somebody who does.
DELETE FROM account WHERE email = $1 AND verified_at IS NULL AND id <> $2;

-- name: holder
-- Who has an address that was shown to be theirs.
SELECT id, lang FROM account WHERE email = $1 AND verified_at IS NOT NULL AND disabled_at IS NULL;

-- name: set_email
-- Browsers hear of it by the epoch.
UPDATE account SET email = $2, epoch = epoch + 1, epoch_changed_at = $3 WHERE id = $1 RETURNING epoch;

-- name: empty_account
-- Nothing of the person stays; the id does, for what others hold by it. The row itself goes later.
UPDATE account SET email = 'deleted:' || id, display_name = '', password_hash = '', role = 'reader', areas = '',
  plan = '', epoch = epoch + 1, epoch_changed_at = $2, disabled_at = $2, deleted_at = $2
WHERE id = $1 RETURNING epoch;

-- name: empty_sessions
-- Where they were and with what.
UPDATE session SET user_agent = '', address = '' WHERE account_id = $1;

-- name: end_keys
-- They are refused from now on, and their names are forgotten.
UPDATE api_key SET revoked_at = COALESCE(revoked_at, $2), name = '' WHERE account_id = $1 RETURNING id;

-- name: forget_logins
-- With other providers: whoever comes from there again is somebody new.
DELETE FROM federated_identity WHERE account_id = $1;

-- name: own_logins
-- For the copy of one's data.
SELECT provider, issuer, subject, linked_at, last_used_at FROM federated_identity WHERE account_id = $1
ORDER BY linked_at, id;

-- name: own_sessions
-- For the copy of one's data.
SELECT kind, user_agent, address, created_at, last_used_at, expires_at, revoked_at, methods
FROM session WHERE account_id = $1 ORDER BY created_at, sid;

-- name: own_events
-- Likewise; who did it is said only where it was oneself.
SELECT at, action, actor IS NOT DISTINCT FROM $1 AS by_owner, detail, request_id
FROM audit_event WHERE subject = $1 OR actor = $1 ORDER BY id LIMIT $2;

-- name: own_letters
-- Likewise.
SELECT kind, lang, subject, created_at, sent_at FROM mail WHERE recipient = $1 ORDER BY created_at, id;

-- name: own_account
-- Likewise.
SELECT id, email, display_name, role, areas, plan, lang, created_at, verified_at FROM account WHERE id = $1;
