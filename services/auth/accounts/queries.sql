-- name: standing
-- Whether the address is proven, and whether its owner is signed in from where somebody signs in now. Asked for every
-- address that is typed, so that it takes as long for an unknown one.
SELECT a.verified_at IS NOT NULL AS verified,
  $2 <> '' AND EXISTS (
    SELECT FROM session s WHERE s.account_id = a.id AND s.address = $2 AND s.revoked_at IS NULL AND s.expires_at > $3
  ) AS here
FROM account a WHERE a.email = $1;

-- name: pending_account
-- Somebody registered this address and has not shown yet that it is theirs; held until the transaction ends.
SELECT id, lang, verified_at IS NOT NULL AS verified FROM account WHERE email = $1 FOR UPDATE;

-- name: confirm_account
-- With the password and name of the registration whose letter was answered, whoever registered the address first.
UPDATE account SET verified_at = $2, password_hash = $3, display_name = $4
WHERE id = $1 AND verified_at IS NULL AND disabled_at IS NULL RETURNING id;

-- name: forget_unconfirmed
-- Nobody answered the letter.
DELETE FROM account WHERE verified_at IS NULL AND created_at < $1;

-- name: forget_deleted
-- Emptied before, when their owners deleted them.
DELETE FROM account WHERE deleted_at < $1;

-- name: insert_account
-- Nothing happens for a known address: nobody else learns of it.
INSERT INTO account (id, email, display_name, password_hash, role, epoch_changed_at, created_at, lang)
VALUES ($1, $2, $3, $4, $5, $6, $6, $7)
ON CONFLICT (email) DO NOTHING
RETURNING id;

-- name: credentials_by_email
-- For signing in.
SELECT id, email, display_name, role, areas, plan, epoch, created_at, disabled_at, password_hash
FROM account WHERE email = $1 AND deleted_at IS NULL;

-- name: account_by_id
-- For the account's own page.
SELECT id, email, display_name, role, areas, plan, epoch, created_at, disabled_at
FROM account WHERE id = $1;

-- name: replace_password_hash
-- Rehashing at today's cost; only while the password is still the one that was checked.
UPDATE account SET password_hash = $3 WHERE id = $1 AND password_hash = $2;

-- name: accounts_after
-- A page forwards; the address is the unique key of the order.
SELECT id, email, display_name, role, areas, plan, epoch, created_at, disabled_at
FROM account
WHERE email > $1 AND deleted_at IS NULL AND ($3::text IS NULL OR role = $3)
  AND ($4::text = '' OR strpos(email, $4) > 0 OR strpos(lower(display_name), $4) > 0)
ORDER BY email LIMIT $2;

-- name: accounts_before
-- A page backwards, in descending order.
SELECT id, email, display_name, role, areas, plan, epoch, created_at, disabled_at
FROM account
WHERE email < $1 AND deleted_at IS NULL AND ($3::text IS NULL OR role = $3)
  AND ($4::text = '' OR strpos(email, $4) > 0 OR strpos(lower(display_name), $4) > 0)
ORDER BY email DESC LIMIT $2;

-- name: open_account
-- Held until the session of its owner is written, so that a change of role or a disabling comes before or after it.
SELECT id, email, display_name, role, areas, plan, epoch, created_at, disabled_at
FROM account WHERE id = $1 AND disabled_at IS NULL AND verified_at IS NOT NULL FOR SHARE;
