-- name: last_change
-- The end of the log; 0 while nothing happened.
SELECT coalesce(max(seq), 0) FROM change;

-- name: changes
-- Up to $6 changes after $1 up to $2, perhaps only of a jurisdiction, a kind of work, a language.
SELECT seq, at, event, version_id, jurisdiction, kind, number, lang, date, revision, content_hash
FROM change
WHERE seq > $1 AND seq <= $2 AND ($3::text IS NULL OR jurisdiction = $3) AND ($4::text IS NULL OR kind = $4)
  AND ($5::text IS NULL OR lang = $5)
ORDER BY seq
LIMIT $6;

-- name: change
-- One change, and the later one of the same version that took its place.
SELECT c.seq, c.at, c.event, c.version_id, c.jurisdiction, c.kind, c.number, c.lang, c.date, c.revision, c.content_hash,
       (SELECT max(later.seq) FROM change later WHERE later.version_id = c.version_id AND later.seq > c.seq) AS replaced_by
FROM change c
WHERE c.seq = $1;

-- name: parts
-- The versions whose last change is from $1 to $2, in ranges of $3 changes. The fingerprint covers the form of lines $4.
SELECT (c.seq - 1) / $3::bigint * $3 + 1 AS first_seq,
       least(((c.seq - 1) / $3 + 1) * $3, $2::bigint) AS last_seq,
       sha256(convert_to($4::text, 'UTF8') || string_agg(int8send(c.seq), '' ORDER BY c.seq)) AS fingerprint
FROM change c
WHERE c.seq BETWEEN $1::bigint AND $2 AND c.event <> 'version-withdrawn'
  AND NOT EXISTS (SELECT FROM change later WHERE later.version_id = c.version_id AND later.seq > c.seq)
GROUP BY (c.seq - 1) / $3
ORDER BY 1;

-- name: part_versions
-- The versions of one part in order.
SELECT c.version_id, c.jurisdiction, c.kind, c.number, c.lang, c.date
FROM change c
WHERE c.seq BETWEEN $1 AND $2 AND c.event <> 'version-withdrawn'
  AND NOT EXISTS (SELECT FROM change later WHERE later.version_id = c.version_id AND later.seq > c.seq)
ORDER BY c.seq;

-- name: count_works
-- The works that have a version in the parts up to $1.
SELECT count(*) FROM (
    SELECT DISTINCT c.jurisdiction, c.kind, c.number
    FROM change c
    WHERE c.seq <= $1 AND c.event <> 'version-withdrawn'
      AND NOT EXISTS (SELECT FROM change later WHERE later.version_id = c.version_id AND later.seq > c.seq)
) AS held;

-- name: built_parts
-- What is known of the parts with these fingerprints.
SELECT fingerprint, first_seq, last_seq, versions, works, bytes, sha256
FROM bulk_part WHERE fingerprint = ANY($1::bytea[]);

-- name: part_of_sha256
-- The part with this content.
SELECT fingerprint, first_seq, last_seq, versions, works, bytes, sha256
FROM bulk_part WHERE sha256 = $1 ORDER BY built_at DESC LIMIT 1;

-- name: add_part
-- A part that was read. Another replica may have been faster.
INSERT INTO bulk_part (fingerprint, first_seq, last_seq, versions, works, bytes, sha256)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING;

-- name: drop_old_parts
-- Parts that no manifest names any more, a day later, so that a reader under way can finish.
DELETE FROM bulk_part WHERE fingerprint <> ALL($1::bytea[]) AND built_at < now() - interval '1 day';

-- name: line
-- All that is held of a version, as one line of JSON: only what a change tells of, so that a line never goes stale in silence.
SELECT convert_to(row_to_json(line)::text || E'\n', 'UTF8') FROM (
    SELECT json_build_object('jurisdiction', w.jurisdiction, 'kind', w.kind, 'number', w.number, 'frbr_uri', w.frbr_uri)
               AS work,
           v.lang, v.date, v.revision, v.title, v.long_title, v.citations, v.subjects, v.status,
           v.source_ids - 'path' AS identifiers, encode(v.content_hash, 'hex') AS content_hash,
           json_build_object(
               'published', v.published, 'in_force_from', v.in_force_from, 'last_amended', v.last_amended,
               'content_changed_at', to_char(v.content_changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
           ) AS dates,
           array_to_json(ARRAY(
               SELECT row_to_json(pointer) FROM (
                   SELECT c.relation, c.target_uri, c.target_eid, c.label
                   FROM citation c WHERE c.version_id = v.id AND c.relation <> 'cites'
                   ORDER BY c.ordinal, c.relation, c.seq
               ) AS pointer
           )) AS relations,
           array_to_json(ARRAY(
               SELECT row_to_json(part) FROM (
                   SELECT p.eid, t.kind, p.level, t.num, t.heading, t.note, p.status, t.lang, p.in_force_from,
                          p.in_force_to, p.last_amended, encode(p.hash, 'hex') AS hash, p.terms, t.text,
                          t.content AS akn
                   FROM version_provision p JOIN provision t ON t.hash = p.hash
                   WHERE p.version_id = v.id
                   ORDER BY p.ordinal
               ) AS part
           )) AS provisions
    FROM version v JOIN work w ON w.id = v.work_id
    WHERE v.id = $1
) AS line;
