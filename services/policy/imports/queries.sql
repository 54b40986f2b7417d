-- name: known_files
-- What was read of these files before, newest release first.
SELECT path, release, parser_version, sha256, version_id
FROM import_file
WHERE importer = $1 AND path = ANY($2::text[])
ORDER BY path, release DESC;

-- name: add_jurisdictions
-- Jurisdictions that are new.
INSERT INTO jurisdiction (id) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING;

-- name: known_jurisdictions
-- The names of these jurisdictions, and the release that gave each.
SELECT id, names, named FROM jurisdiction WHERE id = ANY($1::text[]);

-- name: jurisdictions_to_name
-- The same, kept for who is about to write them; in one order for all workers.
SELECT id, names, named FROM jurisdiction WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE;

-- name: name_jurisdiction
-- The names of one jurisdiction.
UPDATE jurisdiction SET names = $2, named = $3 WHERE id = $1;

-- name: add_works
-- Works that are new, in one order for all workers so that they cannot wait for each other in a circle.
INSERT INTO work (jurisdiction, kind, number, frbr_uri)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS new (jurisdiction, kind, number, frbr_uri)
ORDER BY jurisdiction, kind, number
ON CONFLICT DO NOTHING;

-- name: works
-- The works at these addresses.
SELECT w.id, w.jurisdiction, w.kind, w.number
FROM unnest($1::text[], $2::text[], $3::text[]) AS key (jurisdiction, kind, number)
JOIN work w USING (jurisdiction, kind, number);

-- name: add_aliases
-- Other numbers of works. Of several works that claim a number it leads to the first by address, whoever came first.
INSERT INTO work_alias AS a (jurisdiction, kind, number, work_id)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS new (jurisdiction, kind, number, work_id)
ORDER BY jurisdiction, kind, number
ON CONFLICT (jurisdiction, kind, number) DO UPDATE SET work_id = excluded.work_id
WHERE a.work_id <> excluded.work_id
  AND (SELECT w.frbr_uri FROM work w WHERE w.id = excluded.work_id)
      < (SELECT w.frbr_uri FROM work w WHERE w.id = a.work_id);

-- name: versions_held
-- The versions held of these works and languages.
SELECT v.id, work_id, lang, v.date, v.revision, v.content_hash
FROM unnest($1::bigint[], $2::text[]) AS place (work_id, lang) JOIN version v USING (work_id, lang);

-- name: lock_places
-- Waits for who writes versions of these works and languages.
SELECT lock_places($1::bigint[], $2::text[]);

-- name: reserve_versions
-- Ids for $1 new versions.
SELECT nextval(pg_get_serial_sequence('version', 'id')) AS id FROM generate_series(1, $1::int);

-- name: provisions_held
-- Which of these provisions are stored.
SELECT hash FROM provision WHERE hash = ANY($1::bytea[]);

-- name: add_provisions
-- Provisions that are new, in one order for all workers.
INSERT INTO provision (hash, lang, kind, num, heading, note, content, text)
SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    AS new (hash, lang, kind, num, heading, note, content, text)
ORDER BY hash
ON CONFLICT DO NOTHING;

-- name: correct_texts
-- Plain texts that a newer parser reads differently from the same markup.
UPDATE provision p SET text = new.text
FROM unnest($1::bytea[], $2::text[]) AS new (hash, text)
WHERE p.hash = new.hash AND p.text <> new.text;

-- name: clear_version
-- Takes the text out of a version that a newer parser reads differently from the same bytes.
WITH gone AS (DELETE FROM citation WHERE version_id = $1)
DELETE FROM version_provision WHERE version_id = $1;

-- name: rewrite_version
-- Gives such a version its new columns; its search index is out of date with that.
UPDATE version
SET title = $2, sort_title = $3, long_title = $4, citations = $5, subjects = $6, status = $7, stated_status = NULL,
    taken_out = NULL, in_force_from = $8, last_amended = $9, source_ids = $10, content_hash = $11, indexed_at = NULL,
    content_changed_at = CASE WHEN content_hash = $11 THEN content_changed_at ELSE now() END, source_checked_at = now()
WHERE id = $1;

-- name: drop_orphan
-- Removes a version that no source file stands behind any more, since a newer parser finds it elsewhere.
DELETE FROM version v WHERE v.id = $1 AND NOT EXISTS (SELECT FROM import_file f WHERE f.version_id = v.id)
RETURNING v.work_id, v.lang;

-- name: confirm_versions
-- These versions were found again in a release: they were published by then, and are still what the source says.
UPDATE version v SET published = least(v.published, new.release), source_checked_at = now()
FROM unnest($1::bigint[], $2::date[]) AS new (id, release)
WHERE v.id = new.id;

-- name: place_versions
-- Puts the versions of these works and languages in their places (see migration 0028).
SELECT place_versions($1::bigint[], $2::text[]);

-- name: said_again
-- Of the versions confirmed, those whose place may depend on it: a text of the same date is held, or it was taken out.
SELECT v.work_id, v.lang
FROM version v
WHERE v.id = ANY($1::bigint[])
  AND (EXISTS (SELECT FROM version o WHERE o.work_id = v.work_id AND o.lang = v.lang AND o.date = v.date AND o.id <> v.id)
       OR EXISTS (SELECT FROM removal r WHERE r.work_id = v.work_id AND r.lang = v.lang));

-- name: take_out
-- Releases that no longer carry the text that these versions are of.
INSERT INTO removal (work_id, lang, release)
SELECT v.work_id, v.lang, new.release
FROM unnest($1::bigint[], $2::date[]) AS new (id, release) JOIN version v ON v.id = new.id
ON CONFLICT DO NOTHING
RETURNING work_id, lang;

-- name: tombstones
-- What was withdrawn of these works and languages, and must not come back from the same files.
SELECT work_id, lang, t.date, t.content_hash, t.sources
FROM unnest($1::bigint[], $2::text[]) AS place (work_id, lang) JOIN tombstone t USING (work_id, lang);

-- name: remember_files
-- What was read of each file, so that it is not read again.
INSERT INTO import_file (importer, path, release, parser_version, sha256, version_id)
SELECT $1, new.path, new.release, $2, new.sha256, new.version_id
FROM unnest($3::text[], $4::date[], $5::bytea[], $6::bigint[]) AS new (path, release, sha256, version_id)
ON CONFLICT (importer, path, release) DO UPDATE
SET parser_version = excluded.parser_version, sha256 = excluded.sha256, version_id = excluded.version_id,
    imported_at = now();

-- name: lock_imports
-- One import at a time; the lock ends with the session, however that ends.
SELECT pg_try_advisory_lock(7306086967300254574);

-- name: unlock_imports
-- Lets the next import begin. Before the end of the transaction that writes the end of this one, so that whoever hears
-- of the end finds the lock free.
SELECT pg_advisory_unlock(7306086967300254574);

-- name: close_abandoned_runs
-- Runs whose program is gone: whoever holds the lock knows that none is running. What was uploaded is taken up again,
-- unless it has ended its worker three times; of a command only its caller has the source.
UPDATE import_run
SET state = CASE WHEN origin = 'command' THEN 'stopped' WHEN lost < 2 THEN 'queued' ELSE 'failed' END,
    trouble = CASE WHEN origin = 'upload' AND lost >= 2 THEN 'its worker was gone in the middle of it three times'
                   ELSE '' END,
    finished_at = CASE WHEN origin = 'upload' AND lost < 2 THEN NULL ELSE now() END,
    lost = lost + 1, updated_at = now()
WHERE state = 'running';

-- name: start_run
-- A run of the command.
INSERT INTO import_run (importer, source, release, state, started_at) VALUES ($1, $2, $3, 'running', $4) RETURNING id;

-- name: claim_run
-- The import that has waited longest; it begins anew, and finds what it wrote before.
UPDATE import_run
SET state = 'running', started_at = $1, finished_at = NULL, trouble = '', phase = 'reading', done = 0, total = 0,
    files = 0, files_done = 0, counts = '{}', updated_at = now()
WHERE id = (SELECT id FROM import_run WHERE state = 'queued' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, importer, source, asked_release, upload_id, upload_sha256, areas;

-- name: forget_failures
-- What an earlier attempt said.
DELETE FROM import_failure WHERE run_id = $1;

-- name: upload_piece
-- One piece of an uploaded file.
SELECT data FROM import_upload_piece WHERE upload_id = $1 AND number = $2;

-- name: place_run
-- What is known once the source has been looked at.
UPDATE import_run SET release = $2 WHERE id = $1;

-- name: beat_run
-- How far it is; says whether it shall end.
UPDATE import_run
SET phase = $2, done = $3, total = $4, files = $5, files_done = $6, counts = $7, updated_at = now()
WHERE id = $1
RETURNING cancel_requested;

-- name: finish_run
-- Its end and its counts. A wish to end it is fulfilled by any end; what is put back for another worker has not ended.
UPDATE import_run
SET state = CASE WHEN $2 = 'queued' AND cancel_requested THEN 'cancelled' ELSE $2 END,
    finished_at = CASE WHEN $2 = 'queued' AND NOT cancel_requested THEN NULL ELSE now() END,
    cancel_requested = false, counts = $3, trouble = $4, updated_at = now()
WHERE id = $1;

-- name: drop_upload
-- The bytes of an import that is done with.
DELETE FROM import_upload u USING import_run r WHERE r.id = $1 AND u.id = r.upload_id;

-- name: drop_run
-- A run that had nothing to do and nothing to tell.
DELETE FROM import_run WHERE id = $1;

-- name: add_failures
-- Files that could not be imported.
INSERT INTO import_failure (run_id, path, line, message)
SELECT $1, * FROM unnest($2::text[], $3::int[], $4::text[])
ON CONFLICT DO NOTHING;
