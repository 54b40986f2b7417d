-- name: insert_mail
-- A letter, with the change that causes it.
INSERT INTO mail (id, kind, recipient, lang, subject, body, created_at, next_attempt_at, give_up_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8);

-- name: count_recent
-- How many letters of these kinds went to an address of late.
SELECT count(*) FROM mail WHERE recipient = $1 AND created_at > $2 AND kind = ANY ($3);

-- name: take_due
-- One of the replicas gets it. It counts as tried from now on, so that a sender that dies does not try for ever.
UPDATE mail SET attempts = attempts + 1, next_attempt_at = $2
WHERE id = (
  SELECT id FROM mail WHERE sent_at IS NULL AND given_up_at IS NULL AND next_attempt_at <= $1
  ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, kind, recipient, lang, subject, body, created_at, give_up_at, attempts;

-- name: mark_sent
-- Whoever reads the table later finds no link in it.
UPDATE mail SET sent_at = $2, body = '', last_error = '' WHERE id = $1;

-- name: mark_failed
-- Tried again later.
UPDATE mail SET next_attempt_at = $2, last_error = $3 WHERE id = $1;

-- name: mark_given_up
-- Never tried again.
UPDATE mail SET given_up_at = $2, body = '', last_error = $3 WHERE id = $1;

-- name: forget_done
-- Sent or given up long ago; or never taken, where no mail server is configured.
DELETE FROM mail WHERE sent_at < $1 OR given_up_at < $1 OR give_up_at < $1;

-- name: forget_recipient
-- Of a deleted account.
DELETE FROM mail WHERE recipient = $1;

-- name: count_overdue
-- For the health check: letters that wait for longer than a mail server's short rest.
SELECT count(*) FROM mail WHERE sent_at IS NULL AND given_up_at IS NULL AND created_at < $1;

-- name: kept_mail
-- For the development outbox, the newest first.
SELECT id, kind, recipient, lang, subject, body, created_at, give_up_at, attempts
FROM mail ORDER BY created_at DESC, id LIMIT $1;
