-- name: lock_roles
-- One change of administrators at a time: none of them alone could see that two leave nobody.
SELECT pg_advisory_xact_lock(7093002);

-- name: count_administrators
-- Those who can sign in.
SELECT count(*) FROM account WHERE role = 'admin' AND disabled_at IS NULL;

-- name: hold_account
-- The account whose rights are about to change.
SELECT id, email, display_name, role, areas, plan, epoch, created_at, disabled_at
FROM account WHERE id = $1 AND deleted_at IS NULL FOR UPDATE;

-- name: change_rights
-- Tokens of the epoch before are refused from now on. $4 is since when it is disabled, if it is.
UPDATE account SET role = $2, areas = $3, disabled_at = $4, epoch = epoch + 1, epoch_changed_at = $5 WHERE id = $1
RETURNING id, email, display_name, role, areas, plan, epoch, created_at, disabled_at;

-- name: make_administrator
-- The address may have been registered by somebody else before: who holds the link takes it over, password and all.
INSERT INTO account AS a (id, email, display_name, password_hash, role, epoch_changed_at, created_at, verified_at)
VALUES ($1, $2, $3, $4, 'admin', $5, $5, $5)
ON CONFLICT (email) DO UPDATE SET
  display_name = EXCLUDED.display_name, password_hash = EXCLUDED.password_hash, role = 'admin',
  epoch = a.epoch + 1, epoch_changed_at = $5, disabled_at = NULL,
  verified_at = COALESCE(a.verified_at, $5)
RETURNING id, email, display_name, role, areas, plan, epoch, created_at, disabled_at;

-- name: delete_unused_links
-- Only the link made last works.
DELETE FROM first_admin_link WHERE used_at IS NULL;

-- name: insert_link
-- Kept as a hash only.
INSERT INTO first_admin_link (hash, created_at, expires_at) VALUES ($1, $2, $3);

-- name: link_is_usable
-- Asked before any costly work is done for a stranger.
SELECT EXISTS (SELECT FROM first_admin_link WHERE hash = $1 AND used_at IS NULL AND expires_at > $2)
  AND NOT EXISTS (SELECT FROM account WHERE role = 'admin' AND disabled_at IS NULL);

-- name: use_link
-- Once only.
UPDATE first_admin_link SET used_at = $2 WHERE hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING hash;
