-- name: choose_for_account
-- Tokens say it from their next issue on.
UPDATE account SET plan = $2 WHERE id = $1 RETURNING id;

-- name: choose_for_key
-- The key's own rate limit, which then counts alone.
UPDATE api_key SET plan = $3 WHERE id = $1 AND account_id = $2 AND revoked_at IS NULL RETURNING id;

-- name: plan_of_account
-- For access tokens.
SELECT plan FROM account WHERE id = $1;
