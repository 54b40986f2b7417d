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
