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

-- name: plan_each
-- Filters differ so much in what they leave that each question deserves its own plan.
SELECT set_config('plan_cache_mode', 'force_custom_plan', true);

-- name: page
-- One page, newest first, before position $1; or for $2 oldest first, after it. Of the account $3, the subject $4, the
-- action $5 (or those that begin with it), since $6 and until $7.
SELECT l.position, l.hash, e.at, e.action, e.account, e.subject, e.detail, e.request_id
FROM audit_link l
CROSS JOIN LATERAL (
  SELECT d.at, 'draft.' || d.action AS action, d.account, d.request_id,
         coalesce('draft:' || d.draft_id, 'version:' || d.version_id, '') AS subject,
         jsonb_build_object('revision', d.revision::text, 'eid', nullif(d.eid, ''), 'from', nullif(d.from_state, ''),
                            'to', nullif(d.to_state, ''), 'before', encode(d.before, 'hex'),
                            'after', encode(d.after, 'hex'), 'said', nullif(d.detail, ''),
                            'version', d.version_id::text) AS detail
  FROM editorial_event d WHERE l.source = 'editorial_event' AND d.id = l.event
  UNION ALL
  SELECT i.at, 'import.' || i.action, i.account, i.request_id, 'import:' || i.run_id,
         jsonb_build_object('from', nullif(i.from_state, ''), 'to', nullif(i.to_state, ''), 'said', nullif(i.detail, ''))
  FROM import_event i WHERE l.source = 'import_event' AND i.id = l.event
  UNION ALL
  SELECT r.at, 'access.refused', r.account, r.request_id, '',
         jsonb_build_object('method', r.method, 'route', r.route, 'reason', r.reason, 'times', r.times::text)
  FROM refusal_event r WHERE l.source = 'refusal_event' AND r.id = l.event
) AS e
WHERE ($1::bigint IS NULL OR CASE WHEN $2::bool THEN l.position > $1 ELSE l.position < $1 END)
  AND ($3::text IS NULL OR e.account = $3)
  AND ($4::text IS NULL OR e.subject = $4)
  AND ($5::text IS NULL OR e.action = $5 OR starts_with(e.action, $5 || '.'))
  AND ($6::timestamptz IS NULL OR e.at >= $6)
  AND ($7::timestamptz IS NULL OR e.at < $7)
ORDER BY CASE WHEN $2 THEN l.position ELSE -l.position END
LIMIT $8;
