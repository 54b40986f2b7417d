-- name: beat
-- A sign of life; forgets workers that gave none for ten minutes.
WITH gone AS (DELETE FROM import_worker WHERE seen_at < now() - interval '10 minutes' AND name <> $1)
INSERT INTO import_worker (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET seen_at = now();

-- name: is_alive
-- Whether the worker of this name, or without one any whose name begins like this, gave a sign of life lately.
SELECT EXISTS (SELECT FROM import_worker
               WHERE seen_at > now() - interval '45 seconds'
                 AND CASE WHEN $1::text <> '' THEN name = $1 ELSE starts_with(name, $2::text) END);

-- name: leave
-- A worker that was asked to end.
DELETE FROM import_worker WHERE name = $1;

-- name: is_due
-- Whether an import waits, or its program is gone, and no other is under way (which holds the lock of imports).
SELECT EXISTS (SELECT FROM import_run
               WHERE state = 'queued' OR (state = 'running' AND origin = 'upload'))
   AND NOT EXISTS (SELECT FROM pg_locks
                   WHERE locktype = 'advisory' AND granted AND objsubid = 1
                     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                     AND (classid::bigint << 32) | objid::bigint = 7306086967300254574);

-- name: drop_old_uploads
-- Bytes that nothing came of: broken uploads, and imports that ended before their end and were not resumed.
DELETE FROM import_upload u
WHERE u.received_at < now() - interval '1 day'
  AND NOT EXISTS (SELECT FROM import_run r WHERE r.upload_id = u.id
                  AND (r.state IN ('queued', 'running') OR r.updated_at > now() - make_interval(days => $1)));
