-- name: links
-- The chain after a position, with what each event says now, as audit_fields has it.
SELECT l.position, l.source, l.event, l.previous, l.hash,
       CASE
         WHEN e.id IS NOT NULL THEN
           ARRAY[to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.account, e.request_id, e.action,
                 e.draft_id::text, e.revision::text, e.eid, e.from_state, e.to_state, encode(e.before, 'hex'),
                 encode(e.after, 'hex'), e.detail, e.version_id::text]
         WHEN i.id IS NOT NULL THEN
           ARRAY[to_char(i.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), i.account, i.request_id, i.action,
                 i.run_id::text, i.from_state, i.to_state, i.detail]
         WHEN r.id IS NOT NULL THEN
           ARRAY[to_char(r.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), r.account, r.request_id, r.method,
                 r.route, r.reason, r.times::text]
       END AS fields
FROM audit_link l
LEFT JOIN editorial_event e ON l.source = 'editorial_event' AND e.id = l.event
LEFT JOIN import_event i ON l.source = 'import_event' AND i.id = l.event
LEFT JOIN refusal_event r ON l.source = 'refusal_event' AND r.id = l.event
WHERE l.position > $1
ORDER BY l.position;

-- name: unlinked
-- An event that came in past the chain.
SELECT e.source, e.id
FROM (SELECT 'editorial_event' AS source, id FROM editorial_event
      UNION ALL SELECT 'import_event', id FROM import_event
      UNION ALL SELECT 'refusal_event', id FROM refusal_event) AS e
LEFT JOIN audit_link l ON l.source = e.source AND l.event = e.id
WHERE l.position IS NULL
ORDER BY e.source, e.id LIMIT 1;

-- name: head
-- How far the chain has reached.
SELECT position, hash FROM (
  SELECT position, hash FROM audit_link UNION ALL SELECT position, hash FROM audit_cut
) AS known ORDER BY position DESC LIMIT 1;

-- name: cut
-- Up to where the beginning was exported and taken away.
SELECT position, hash FROM audit_cut ORDER BY position DESC LIMIT 1;

-- name: refuse
-- People who signed in and were refused, as counted during a moment.
INSERT INTO refusal_event (account, request_id, method, route, reason, times)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[]);
