-- name: insert_link
-- Kept as a hash only.
INSERT INTO account_link (hash, account_id, purpose, email, password_hash, display_name, created_at, expires_at)
VALUES ($1, $2, $3, $4, NULLIF($5, ''), NULLIF($6, ''), $7, $8);

-- name: look_at_link
-- Asked before any costly work is done for a stranger.
SELECT account_id, email, COALESCE(password_hash, '') AS password_hash, COALESCE(display_name, '') AS display_name
FROM account_link WHERE hash = $1 AND purpose = $2 AND expires_at > $3;

-- name: use_link
-- Once only.
DELETE FROM account_link WHERE hash = $1 AND purpose = $2 AND expires_at > $3
RETURNING account_id, email, COALESCE(password_hash, '') AS password_hash, COALESCE(display_name, '') AS display_name;

-- name: delete_links
-- They went to a mailbox that no longer counts, or ask for what is done.
DELETE FROM account_link WHERE account_id = $1 AND purpose = ANY ($2);

-- name: forget_links
-- Nobody can use them any more.
DELETE FROM account_link WHERE expires_at < $1;
