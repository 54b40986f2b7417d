-- name: sealed_keys
-- All signing keys: a handful.
SELECT kid, sealed_private_key FROM signing_key ORDER BY kid FOR UPDATE;

-- name: reseal_key
-- The same key, sealed with another secret.
UPDATE signing_key SET sealed_private_key = $2 WHERE kid = $1;

-- name: sealed_apps
-- The secrets of all authenticator apps.
SELECT account_id, sealed_secret FROM totp ORDER BY account_id FOR UPDATE;

-- name: reseal_app
-- The same secret, sealed with another key.
UPDATE totp SET sealed_secret = $2 WHERE account_id = $1;
