-- name: append
-- The one statement on this table; the service's role may neither change nor remove what it wrote.
INSERT INTO audit_event (at, action, actor, subject, pseudonym, sid, detail, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);
