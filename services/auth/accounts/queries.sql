-- name: insert_account
-- Nothing happens for a known address: its owner is not told, and nobody else learns of it.
INSERT INTO account (id, email, display_name, password_hash, role, epoch_changed_at, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $6)
ON CONFLICT (email) DO NOTHING
RETURNING id;

-- name: credentials_by_email
-- For signing in.
SELECT id, email, display_name, role, areas, plan, epoch, created_at, disabled_at, password_hash
FROM account WHERE email = $1;

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
WHERE email > $1 AND ($3::text IS NULL OR role = $3)
  AND ($4::text = '' OR strpos(email, $4) > 0 OR strpos(lower(display_name), $4) > 0)
ORDER BY email LIMIT $2;

-- name: accounts_before
-- A page backwards, in descending order.
SELECT id, email, display_name, role, areas, plan, epoch, created_at, disabled_at
FROM account
WHERE email < $1 AND ($3::text IS NULL OR role = $3)
  AND ($4::text = '' OR strpos(email, $4) > 0 OR strpos(lower(display_name), $4) > 0)
ORDER BY email DESC LIMIT $2;

-- name: open_account
-- Held until the session of its owner is written, so that a change of role or a disabling comes before or after it.
SELECT id, email, display_name, role, areas, plan, epoch, created_at, disabled_at
FROM account WHERE id = $1 AND disabled_at IS NULL FOR SHARE;
