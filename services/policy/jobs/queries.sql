-- name: job
-- One import, if account $2 sees it: its own, and ($3) others' that may touch the areas $4.
SELECT r.id, r.origin, r.account, r.importer, r.source, r.asked_release, r.release, r.state, r.upload_id, r.upload_size,
       r.upload_sha256, r.requested_at, r.started_at, r.finished_at, r.updated_at, r.cancel_requested, r.phase, r.done,
       r.total, r.files, r.files_done, r.counts,
       (SELECT count(*) FROM import_failure f WHERE f.run_id = r.id) AS failures, r.trouble
FROM import_run r
WHERE r.id = $1
  AND (r.account = $2
       OR $3::bool AND ($4::text = '*' OR r.areas = '*' OR string_to_array(r.areas, ' ') && string_to_array($4, ' ')));

-- name: jobs
-- Imports that account $1 sees, as in `job`, newest first, before number $5; $4 is a state, null for any.
SELECT r.id, r.origin, r.account, r.importer, r.source, r.asked_release, r.release, r.state, r.upload_id, r.upload_size,
       r.upload_sha256, r.requested_at, r.started_at, r.finished_at, r.updated_at, r.cancel_requested, r.phase, r.done,
       r.total, r.files, r.files_done, r.counts,
       (SELECT count(*) FROM import_failure f WHERE f.run_id = r.id) AS failures, r.trouble
FROM import_run r
WHERE (r.account = $1
       OR $2::bool AND ($3::text = '*' OR r.areas = '*' OR string_to_array(r.areas, ' ') && string_to_array($3, ' ')))
  AND ($4::text IS NULL OR r.state = $4) AND ($5::bigint IS NULL OR r.id < $5)
ORDER BY r.id DESC
LIMIT $6;

-- name: failures
-- What could not be imported, by path, after path $2.
SELECT path, line, message FROM import_failure
WHERE run_id = $1 AND ($2::text IS NULL OR path COLLATE "C" > $2 COLLATE "C")
ORDER BY path COLLATE "C"
LIMIT $3;

-- name: events
-- The last steps of an import, newest first.
SELECT at, account, request_id, action, from_state, to_state, detail
FROM import_event WHERE run_id = $1 ORDER BY id DESC LIMIT 1000;

-- name: begin_upload
-- A file whose pieces are about to come.
INSERT INTO import_upload (filename) VALUES ($1) RETURNING id;

-- name: add_piece
-- A piece of it.
INSERT INTO import_upload_piece (upload_id, number, data) VALUES ($1, $2, $3);

-- name: end_upload
-- It is complete.
UPDATE import_upload SET size = $2, sha256 = $3 WHERE id = $1;

-- name: drop_upload
-- It is not wanted.
DELETE FROM import_upload WHERE id = $1;

-- name: lock_account
-- Two requests of one account are told apart: who comes second sees what the first has made.
SELECT pg_advisory_xact_lock(hashtextextended('import ' || $1, 0));

-- name: job_of_key
-- What an earlier request with this key made.
SELECT id FROM import_run WHERE account = $1 AND idempotency_key = $2;

-- name: count_waiting
-- How many imports of an account have not ended.
SELECT count(*) FROM import_run WHERE account = $1 AND state IN ('queued', 'running');

-- name: add_job
-- An uploaded import.
INSERT INTO import_run (importer, source, origin, account, asked_release, upload_id, upload_size, upload_sha256,
                        idempotency_key, areas, state)
VALUES ($1, $2, 'upload', $3, $4, $5, $6, $7, $8, $9, 'queued')
RETURNING id;

-- name: cancel
-- Ends an import that waits; one that runs hears of it within a second and ends after its batches.
UPDATE import_run
SET state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END,
    finished_at = CASE WHEN state = 'queued' THEN now() ELSE finished_at END,
    cancel_requested = state = 'running', updated_at = now()
WHERE id = $1 AND state IN ('queued', 'running');

-- name: resume
-- Lets it wait for a worker again; its own account $2 now has the areas $3.
UPDATE import_run
SET state = 'queued', finished_at = NULL, trouble = '', lost = 0, cancel_requested = false, updated_at = now(),
    areas = CASE WHEN account = $2 THEN $3 ELSE areas END
WHERE id = $1 AND state IN ('failed', 'cancelled', 'stopped') AND upload_id IS NOT NULL;

-- name: workers
-- How many workers gave a sign of life lately, how many fell silent, and how many imports wait for one.
SELECT count(*) FILTER (WHERE seen_at > now() - interval '45 seconds') AS present,
       count(*) FILTER (WHERE seen_at <= now() - interval '45 seconds') AS silent,
       (SELECT count(*) FROM import_run WHERE state = 'queued') AS waiting
FROM import_worker;
