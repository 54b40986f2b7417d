-- name: append
-- The one statement that writes here; the service's role may neither change nor remove what it wrote.
INSERT INTO audit_event (at, action, actor, subject, pseudonym, sid, detail, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: links
-- The chain after a position, with what each event says now, as audit_event_fields has it.
SELECT l.position, l.source, l.event, l.previous, l.hash,
       CASE WHEN e.id IS NOT NULL THEN
         ARRAY[to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.action, e.actor::text, e.subject::text,
               e.pseudonym, e.sid::text, e.detail::text, e.request_id] END AS fields
FROM audit_link l LEFT JOIN audit_event e ON l.source = 'audit_event' AND e.id = l.event
WHERE l.position > $1
ORDER BY l.position;

-- name: unlinked
-- An event that came in past the chain.
SELECT 'audit_event' AS source, e.id
FROM audit_event e LEFT JOIN audit_link l ON l.source = 'audit_event' AND l.event = e.id
WHERE l.position IS NULL
ORDER BY e.id LIMIT 1;

-- name: head
-- How far the chain has reached.
SELECT position, hash FROM (
  SELECT position, hash FROM audit_link UNION ALL SELECT position, hash FROM audit_cut
) AS known ORDER BY position DESC LIMIT 1;

-- name: cut
-- Up to where the beginning was exported and taken away.
SELECT position, hash FROM audit_cut ORDER BY position DESC LIMIT 1;

-- name: plan_each
-- Filters differ so much in what they leave that each question deserves its own plan.
SELECT set_config('plan_cache_mode', 'force_custom_plan', true);

-- name: account_of_email
-- Whose events are asked for, when the address is known.
SELECT id FROM account WHERE email = $1;

-- name: page
-- One page, newest first, before position $1; or for $2 oldest first, after it. $7 and $8: an account that acted or was
-- acted upon, and the pseudonym of its address. Addresses are said while the account exists.
SELECT l.position, l.hash, e.at, e.action, e.actor, e.subject, e.pseudonym, e.sid, e.detail, e.request_id,
       a.email AS actor_email, s.email AS subject_email
FROM audit_link l
JOIN audit_event e ON l.source = 'audit_event' AND e.id = l.event
LEFT JOIN account a ON a.id = e.actor
LEFT JOIN account s ON s.id = e.subject
WHERE ($1::bigint IS NULL OR CASE WHEN $2::bool THEN l.position > $1 ELSE l.position < $1 END)
  AND ($3::uuid IS NULL OR e.actor = $3)
  AND ($4::uuid IS NULL OR e.subject = $4)
  AND ($5::text IS NULL OR e.action = $5 OR starts_with(e.action, $5 || '.'))
  AND ($6::timestamptz IS NULL OR e.at >= $6)
  AND ($9::timestamptz IS NULL OR e.at < $9)
  AND ($7::uuid IS NULL AND $8::text IS NULL OR e.actor = $7 OR e.subject = $7 OR e.pseudonym = $8)
ORDER BY CASE WHEN $2 THEN l.position ELSE -l.position END
LIMIT $10;
