-- name: work
-- One work by its address.
SELECT w.id, w.jurisdiction, w.kind, w.number, w.frbr_uri, j.names,
       ARRAY(SELECT a.number FROM work_alias a WHERE a.work_id = w.id AND a.kind = w.kind ORDER BY a.number) AS aliases
FROM work w JOIN jurisdiction j ON j.id = w.jurisdiction
WHERE w.jurisdiction = $1 AND w.kind = $2 AND w.number = $3;

-- name: work_of_alias
-- The canonical address of a work that is also known under another number.
SELECT w.jurisdiction, w.kind, w.number
FROM work_alias a JOIN work w ON w.id = a.work_id
WHERE a.jurisdiction = $1 AND a.kind = $2 AND a.number = $3;

-- name: version_heads
-- The versions of a work, without revisions that were corrected; which of them is current on day $2.
SELECT id, lang, date, revision, published,
       CASE WHEN $2 < taken_out THEN coalesce(stated_status, status) ELSE status END AS status,
       title, current_from <= $2 AND $2 < current_until AS is_current, taken_out
FROM version
WHERE work_id = $1 AND current_from < 'infinity'
ORDER BY lang, date DESC;

-- name: version_heads_known
-- The same as it was known on day $3, with what was withdrawn since: of each date the text of the last release until
-- then, and whether the last text of a language was taken out by then.
WITH known AS (
    SELECT v.id, v.lang, v.date, v.revision, v.published, coalesce(v.stated_status, v.status) AS stated, v.title,
           v.current_from = 'infinity' AS superseded, false AS withdrawn, greatest(v.published, r.said) AS said
    FROM version v
    CROSS JOIN LATERAL (
        SELECT max(release) AS said FROM version_release WHERE version_id = v.id AND release <= $3
    ) AS r
    WHERE v.work_id = $1 AND v.published <= $3
    UNION ALL
    SELECT t.version_id, t.lang, t.date, t.revision, t.published, '', '', false, true, least(t.said, $3)
    FROM tombstone t
    WHERE t.work_id = $1 AND t.published <= $3 AND $3 < (t.withdrawn_at AT TIME ZONE 'UTC')::date
), shown AS (
    SELECT DISTINCT ON (lang, date) * FROM known ORDER BY lang, date, said DESC, revision DESC
), placed AS (
    SELECT *, lag(date) OVER texts AS before, lead(date) OVER texts AS after
    FROM shown WINDOW texts AS (PARTITION BY lang ORDER BY date)
), removed AS (
    SELECT r.lang, max(r.release) AS release
    FROM removal r
    WHERE r.work_id = $1 AND r.release <= $3
    GROUP BY r.lang
    HAVING max(r.release) >= (SELECT max(k.said) FROM known k WHERE k.lang = r.lang)
)
SELECT p.id, p.lang, p.date, p.revision, p.published,
       CASE WHEN o.release IS NOT NULL AND p.stated = 'in-force' THEN 'not-in-force' ELSE p.stated END AS status,
       p.title, (p.before IS NULL OR p.date <= $2) AND (p.after IS NULL OR $2 < p.after) AS is_current,
       o.release AS taken_out, p.superseded, p.withdrawn
FROM placed p LEFT JOIN removed o ON o.lang = p.lang AND p.after IS NULL
ORDER BY p.lang, p.date DESC;

-- name: revisions
-- Every text held of a work in one language, known by day $3 (null: all): by date, each before what corrected it.
SELECT v.id, v.lang, v.date, v.revision, v.published, v.status, v.title,
       v.current_from <= $4 AND $4 < v.current_until AS is_current, v.taken_out,
       v.current_from = 'infinity' AS superseded
FROM version v
WHERE v.work_id = $1 AND v.lang = $2 AND ($3::date IS NULL OR v.published <= $3)
ORDER BY v.date, v.revision;

-- name: first_published
-- The first release held of a work, perhaps in one language.
SELECT min(published) FROM version WHERE work_id = $1 AND ($2::text IS NULL OR lang = $2);

-- name: first_release
-- The first release held of anything.
SELECT min(published) FROM version;

-- name: tombstones
-- What was withdrawn of a work, perhaps in one language, perhaps of one date; newest first.
SELECT lang, date, revision, published, content_hash, reason, withdrawn_at
FROM tombstone
WHERE work_id = $1 AND ($2::text IS NULL OR lang = $2) AND ($3::date IS NULL OR date = $3)
ORDER BY withdrawn_at DESC, date DESC, revision DESC;

-- name: version
-- One version without its provisions.
SELECT id, lang, date, revision, published, title, long_title, citations, subjects, status, in_force_from,
       NULLIF(current_until, 'infinity') AS in_force_to, last_amended, source_ids, content_hash, content_changed_at,
       source_checked_at, taken_out, coalesce(stated_status, status) AS stated_status
FROM version
WHERE id = $1;

-- name: wordings
-- For the provisions of version $1 (perhaps only those of the eIds $2): since when the source has them in force and
-- last amended, and how many wordings of each the versions of its work and language have that were known by $3.
SELECT f.eid, f.status, f.in_force_from, f.in_force_to, f.last_amended,
       (SELECT count(DISTINCT (p.num, p.heading, p.note, p.text))
        FROM version o
        JOIN version_provision vp ON vp.version_id = o.id AND vp.eid = f.eid
        JOIN provision p ON p.hash = vp.hash
        WHERE o.work_id = v.work_id AND o.lang = v.lang AND ($3::date IS NULL OR o.published <= $3)) AS wordings
FROM version v JOIN version_provision f ON f.version_id = v.id
WHERE v.id = $1 AND ($2::text[] IS NULL OR f.eid = ANY($2));

-- name: provisions
-- All provisions of a version in order; $2 and $3 say whether markup and plain text are wanted, since both are large.
SELECT p.kind, vp.eid, p.num, p.heading, p.note,
       CASE WHEN $2::bool THEN p.content ELSE '' END AS content, CASE WHEN $3::bool THEN p.text ELSE '' END AS text,
       p.lang, vp.status, vp.level, vp.in_force_from, vp.in_force_to, vp.hash, vp.ordinal, vp.parent
FROM version_provision vp JOIN provision p ON p.hash = vp.hash
WHERE vp.version_id = $1
ORDER BY vp.ordinal;

-- name: provision
-- The provision that an eId names or stands in: $2 holds the eId and its prefixes, and the longest that exists wins.
SELECT p.kind, vp.eid, p.num, p.heading, p.note, p.content, p.text,
       p.lang, vp.status, vp.level, vp.in_force_from, vp.in_force_to, vp.hash, vp.ordinal, vp.parent
FROM version_provision vp JOIN provision p ON p.hash = vp.hash
WHERE vp.version_id = $1 AND vp.eid = ANY($2::text[])
ORDER BY length(vp.eid) DESC
LIMIT 1;

-- name: provision_path
-- What a provision stands in, outermost first.
WITH RECURSIVE up AS (
    SELECT vp.ordinal, vp.parent, vp.hash FROM version_provision vp WHERE vp.version_id = $1 AND vp.ordinal = $2
    UNION ALL
    SELECT vp.ordinal, vp.parent, vp.hash
    FROM version_provision vp JOIN up ON vp.version_id = $1 AND vp.ordinal = up.parent
)
SELECT p.num, p.heading FROM up JOIN provision p ON p.hash = up.hash WHERE up.ordinal <> $2 ORDER BY up.ordinal;

-- name: policies_by_title
-- One page of works after (title $6, work $7), each by its current version in language $4, or in its first language.
SELECT w.id, w.jurisdiction, w.kind, w.number, w.frbr_uri, v.title, v.sort_title, v.lang, v.date, l.status, v.citations,
       ARRAY(SELECT DISTINCT o.lang FROM version o
             WHERE o.work_id = w.id AND ($9::date IS NULL OR o.published <= $9) ORDER BY o.lang) AS languages
FROM version v JOIN work w ON w.id = v.work_id
CROSS JOIN LATERAL (SELECT CASE WHEN v.date > $5 AND v.status = 'in-force' THEN 'not-in-force'
                                WHEN least($5, $9) < v.taken_out THEN coalesce(v.stated_status, v.status)
                                ELSE v.status END AS status) AS l
WHERE ($1::text IS NULL OR w.jurisdiction = $1) AND ($2::text IS NULL OR w.kind = $2)
  AND ($3::text IS NULL OR l.status = $3)
  AND CASE WHEN $4::text IS NULL
           THEN NOT EXISTS (SELECT FROM version o WHERE o.work_id = v.work_id AND o.lang < v.lang
                                                    AND ($9::date IS NULL OR o.published <= $9))
           ELSE v.lang = $4 END
  AND CASE WHEN $9 IS NULL THEN v.current_from <= $5 AND $5 < v.current_until
           ELSE v.id = version_known(v.work_id, v.lang, $5, $9) END
  AND ($10::date IS NULL OR v.date <= $10)
  AND ($7::bigint IS NULL OR (v.sort_title, v.work_id) > ($6::text, $7))
ORDER BY v.sort_title, v.work_id
LIMIT $8;

-- name: policies_by_title_back
-- The same page read backwards, before (title $6, work $7).
SELECT w.id, w.jurisdiction, w.kind, w.number, w.frbr_uri, v.title, v.sort_title, v.lang, v.date, l.status, v.citations,
       ARRAY(SELECT DISTINCT o.lang FROM version o
             WHERE o.work_id = w.id AND ($9::date IS NULL OR o.published <= $9) ORDER BY o.lang) AS languages
FROM version v JOIN work w ON w.id = v.work_id
CROSS JOIN LATERAL (SELECT CASE WHEN v.date > $5 AND v.status = 'in-force' THEN 'not-in-force'
                                WHEN least($5, $9) < v.taken_out THEN coalesce(v.stated_status, v.status)
                                ELSE v.status END AS status) AS l
WHERE ($1::text IS NULL OR w.jurisdiction = $1) AND ($2::text IS NULL OR w.kind = $2)
  AND ($3::text IS NULL OR l.status = $3)
  AND CASE WHEN $4::text IS NULL
           THEN NOT EXISTS (SELECT FROM version o WHERE o.work_id = v.work_id AND o.lang < v.lang
                                                    AND ($9::date IS NULL OR o.published <= $9))
           ELSE v.lang = $4 END
  AND CASE WHEN $9 IS NULL THEN v.current_from <= $5 AND $5 < v.current_until
           ELSE v.id = version_known(v.work_id, v.lang, $5, $9) END
  AND ($10::date IS NULL OR v.date <= $10)
  AND ($7::bigint IS NULL OR (v.sort_title, v.work_id) < ($6::text, $7))
ORDER BY v.sort_title DESC, v.work_id DESC
LIMIT $8;

-- name: policies_by_date
-- One page of works, newest text first, after (date $6, work $7).
SELECT w.id, w.jurisdiction, w.kind, w.number, w.frbr_uri, v.title, v.sort_title, v.lang, v.date, l.status, v.citations,
       ARRAY(SELECT DISTINCT o.lang FROM version o
             WHERE o.work_id = w.id AND ($9::date IS NULL OR o.published <= $9) ORDER BY o.lang) AS languages
FROM version v JOIN work w ON w.id = v.work_id
CROSS JOIN LATERAL (SELECT CASE WHEN v.date > $5 AND v.status = 'in-force' THEN 'not-in-force'
                                WHEN least($5, $9) < v.taken_out THEN coalesce(v.stated_status, v.status)
                                ELSE v.status END AS status) AS l
WHERE ($1::text IS NULL OR w.jurisdiction = $1) AND ($2::text IS NULL OR w.kind = $2)
  AND ($3::text IS NULL OR l.status = $3)
  AND CASE WHEN $4::text IS NULL
           THEN NOT EXISTS (SELECT FROM version o WHERE o.work_id = v.work_id AND o.lang < v.lang
                                                    AND ($9::date IS NULL OR o.published <= $9))
           ELSE v.lang = $4 END
  AND CASE WHEN $9 IS NULL THEN v.current_from <= $5 AND $5 < v.current_until
           ELSE v.id = version_known(v.work_id, v.lang, $5, $9) END
  AND ($10::date IS NULL OR v.date <= $10)
  AND ($7::bigint IS NULL OR (v.date, v.work_id) < ($6::date, $7))
ORDER BY v.date DESC, v.work_id DESC
LIMIT $8;

-- name: policies_by_date_back
-- The same page read backwards, before (date $6, work $7).
SELECT w.id, w.jurisdiction, w.kind, w.number, w.frbr_uri, v.title, v.sort_title, v.lang, v.date, l.status, v.citations,
       ARRAY(SELECT DISTINCT o.lang FROM version o
             WHERE o.work_id = w.id AND ($9::date IS NULL OR o.published <= $9) ORDER BY o.lang) AS languages
FROM version v JOIN work w ON w.id = v.work_id
CROSS JOIN LATERAL (SELECT CASE WHEN v.date > $5 AND v.status = 'in-force' THEN 'not-in-force'
                                WHEN least($5, $9) < v.taken_out THEN coalesce(v.stated_status, v.status)
                                ELSE v.status END AS status) AS l
WHERE ($1::text IS NULL OR w.jurisdiction = $1) AND ($2::text IS NULL OR w.kind = $2)
  AND ($3::text IS NULL OR l.status = $3)
  AND CASE WHEN $4::text IS NULL
           THEN NOT EXISTS (SELECT FROM version o WHERE o.work_id = v.work_id AND o.lang < v.lang
                                                    AND ($9::date IS NULL OR o.published <= $9))
           ELSE v.lang = $4 END
  AND CASE WHEN $9 IS NULL THEN v.current_from <= $5 AND $5 < v.current_until
           ELSE v.id = version_known(v.work_id, v.lang, $5, $9) END
  AND ($10::date IS NULL OR v.date <= $10)
  AND ($7::bigint IS NULL OR (v.date, v.work_id) > ($6::date, $7))
ORDER BY v.date, v.work_id
LIMIT $8;

-- name: count_policies
-- How many works a list with these filters has.
SELECT count(*)
FROM version v JOIN work w ON w.id = v.work_id
CROSS JOIN LATERAL (SELECT CASE WHEN v.date > $5 AND v.status = 'in-force' THEN 'not-in-force'
                                WHEN least($5, $6) < v.taken_out THEN coalesce(v.stated_status, v.status)
                                ELSE v.status END AS status) AS l
WHERE ($1::text IS NULL OR w.jurisdiction = $1) AND ($2::text IS NULL OR w.kind = $2)
  AND ($3::text IS NULL OR l.status = $3)
  AND CASE WHEN $4::text IS NULL
           THEN NOT EXISTS (SELECT FROM version o WHERE o.work_id = v.work_id AND o.lang < v.lang
                                                    AND ($6::date IS NULL OR o.published <= $6))
           ELSE v.lang = $4 END
  AND CASE WHEN $6 IS NULL THEN v.current_from <= $5 AND $5 < v.current_until
           ELSE v.id = version_known(v.work_id, v.lang, $5, $6) END
  AND ($7::date IS NULL OR v.date <= $7);

-- name: jurisdictions
-- What is held, by jurisdiction.
SELECT j.id, j.names, count(w.id) AS works
FROM jurisdiction j
LEFT JOIN work w ON w.jurisdiction = j.id AND EXISTS (SELECT FROM version v WHERE v.work_id = w.id)
GROUP BY j.id ORDER BY j.id;

-- name: kinds
-- What is held, by kind.
SELECT kind, count(*) AS works
FROM work w
WHERE EXISTS (SELECT FROM version v WHERE v.work_id = w.id)
GROUP BY kind ORDER BY kind;

-- name: stats
-- The size of what is held, and how fresh it is.
SELECT (SELECT count(*) FROM work w WHERE EXISTS (SELECT FROM version v WHERE v.work_id = w.id)) AS works,
       (SELECT count(*) FROM version) AS versions,
       (SELECT count(*) FROM provision) AS provisions,
       (SELECT max(published) FROM version) AS latest_release,
       (SELECT max(source_checked_at) FROM version) AS source_checked_at;

-- name: languages
-- Works held in each language.
SELECT lang, count(DISTINCT work_id) AS works FROM version GROUP BY lang ORDER BY lang;

-- name: lock_place_of_version
-- Waits for who writes versions of the same work and language.
SELECT lock_places(ARRAY[work_id], ARRAY[lang]) FROM version WHERE id = $1;

-- name: bury_version
-- What stays of a version that is withdrawn; gives its address.
WITH buried AS (
    INSERT INTO tombstone (version_id, work_id, lang, date, revision, published, said, placed_at, content_hash, sources,
                           reason, withdrawn_by)
    SELECT v.id, v.work_id, v.lang, v.date, v.revision, v.published,
           greatest(v.published, (SELECT max(r.release) FROM version_release r WHERE r.version_id = v.id)),
           CASE WHEN EXISTS (SELECT FROM import_file f WHERE f.version_id = v.id) THEN '-infinity'
                ELSE v.content_changed_at END,
           v.content_hash, ARRAY(SELECT DISTINCT f.sha256 FROM import_file f WHERE f.version_id = v.id ORDER BY 1), $2, $3
    FROM version v WHERE v.id = $1
    RETURNING work_id, lang, date, revision, content_hash
)
SELECT w.jurisdiction, w.kind, w.number, b.* FROM buried b JOIN work w ON w.id = b.work_id;

-- name: delete_version
-- Takes out a version with its placements, citations, passages and what was remembered of its files.
DELETE FROM version WHERE id = $1;

-- name: place_versions
-- Puts the versions of these works and languages in their places after one came or went.
SELECT place_versions($1::bigint[], $2::text[]);

-- name: index_again
-- Has search look at a work in one language again.
UPDATE version SET indexed_at = NULL WHERE work_id = $1 AND lang = $2;
