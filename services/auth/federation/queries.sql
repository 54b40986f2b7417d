-- name: identity
-- Whose account this is here; its link stays until the transaction ends.
SELECT f.id, f.account_id FROM federated_identity f WHERE f.issuer = $1 AND f.subject = $2 FOR UPDATE;

-- name: use_identity
-- For the account's list of its links.
UPDATE federated_identity SET last_used_at = $2 WHERE id = $1;

-- name: add_identity
-- A link, unless the identity has one already.
INSERT INTO federated_identity (id, account_id, issuer, subject, provider, linked_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (issuer, subject) DO NOTHING
RETURNING id;

-- name: logins
-- The links of an account, oldest first.
SELECT id, account_id, provider, issuer, linked_at, last_used_at FROM federated_identity
WHERE account_id = $1 ORDER BY linked_at, id;

-- name: remove_login
-- Of the account that asks.
DELETE FROM federated_identity WHERE id = $1 AND account_id = $2 RETURNING provider;

-- name: hold_account
-- Links of one account come and go one after the other.
SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE;

-- name: other_ways
-- Whether somebody could sign in without the link $2: with a password, a passkey or another link.
SELECT EXISTS (SELECT FROM federated_identity WHERE account_id = $1 AND id <> $2)
    OR EXISTS (SELECT FROM passkey WHERE account_id = $1)
    OR EXISTS (SELECT FROM account a WHERE a.id = $1 AND NOT EXISTS
         (SELECT FROM account_without_password w WHERE w.account_id = a.id AND w.password_hash = a.password_hash));

-- name: open_account
-- A reader's account for an address that a provider has verified. One of this address that nobody ever proved to be
-- theirs goes over to who did; of any other the id is not returned.
INSERT INTO account (id, email, display_name, password_hash, role, epoch_changed_at, created_at, verified_at)
VALUES ($1, $2, $3, $4, 'reader', $5, $5, $5)
ON CONFLICT (email) DO UPDATE
SET display_name = excluded.display_name, password_hash = excluded.password_hash, verified_at = excluded.verified_at,
    epoch = account.epoch + 1, epoch_changed_at = excluded.epoch_changed_at
WHERE account.verified_at IS NULL AND account.disabled_at IS NULL AND account.role = 'reader'
  AND NOT EXISTS (SELECT FROM session s WHERE s.account_id = account.id)
RETURNING id;

-- name: drop_links
-- Whoever registered with the address before proved nothing: the link that would confirm their password is void.
DELETE FROM account_link WHERE account_id = $1 AND purpose = 'verify';

-- name: without_password
-- Nobody knows the password that the account was opened with.
INSERT INTO account_without_password (account_id, password_hash) VALUES ($1, $2)
ON CONFLICT (account_id) DO UPDATE SET password_hash = excluded.password_hash;
