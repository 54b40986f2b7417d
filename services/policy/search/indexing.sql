-- name: due
-- Works and languages whose entry is not what it should be on the day $1. A corrected revision is no matter of the index.
SELECT v.work_id, v.lang FROM version v
WHERE v.indexed_at IS NULL AND v.current_from < v.current_until
UNION
SELECT d.work_id, d.lang
FROM search_document d JOIN version v ON v.id = d.version_id
WHERE v.current_from > $1 OR v.current_until <= $1 OR d.index_again <= $1 OR d.rewritten <> v.rewritten
    OR d.versions <> ARRAY(SELECT o.id FROM version o WHERE o.work_id = d.work_id AND o.lang = d.lang
                           AND o.current_from < o.current_until ORDER BY o.date)
ORDER BY work_id, lang;

-- name: mark_corrected
-- Corrected revisions are dealt with.
UPDATE version SET indexed_at = now() WHERE indexed_at IS NULL AND current_from >= current_until;

-- name: texts_of
-- The works and languages of versions.
SELECT DISTINCT work_id, lang FROM version WHERE id = ANY ($1::bigint[]) ORDER BY work_id, lang;

-- name: lock_works
-- Whoever writes the entries of a work waits for whoever else does.
SELECT FROM work WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE;

-- name: forget
-- Takes out the given works and languages where nothing is current on the day $3, or where the provisions of the
-- version that was indexed were written anew since. Passages and keys go with them.
DELETE FROM search_document d USING unnest($1::bigint[], $2::text[]) AS wanted (work_id, lang)
WHERE d.work_id = wanted.work_id AND d.lang = wanted.lang
    AND (d.rewritten <> (SELECT v.rewritten FROM version v WHERE v.id = d.version_id)
         OR NOT EXISTS (SELECT FROM version v WHERE v.work_id = d.work_id AND v.lang = d.lang
                        AND v.current_from <= $3 AND $3 < v.current_until));

-- name: versions
-- The versions of each given work and language, oldest first, without corrected revisions, where one is current on the
-- day $3; with the document of the text if it has one.
SELECT v.id, v.work_id, v.lang, v.title, v.long_title, v.citations, v.subjects, v.status, v.date, v.rewritten,
    w.jurisdiction, w.kind, w.number, array(SELECT a.number FROM work_alias a WHERE a.work_id = w.id ORDER BY 1) AS aliases,
    v.current_from <= $3 AND $3 < v.current_until AS is_current, v.indexed_at IS NOT NULL AS is_indexed,
    d.id AS document_id, d.version_id AS held_version, d.index_again, d.versions AS covered
FROM unnest($1::bigint[], $2::text[]) AS wanted (work_id, lang)
JOIN version v ON v.work_id = wanted.work_id AND v.lang = wanted.lang AND v.current_from < v.current_until
JOIN work w ON w.id = v.work_id
LEFT JOIN search_document d ON d.work_id = v.work_id AND d.lang = v.lang
WHERE EXISTS (SELECT FROM version o WHERE o.work_id = v.work_id AND o.lang = v.lang
              AND o.current_from <= $3 AND $3 < o.current_until)
ORDER BY v.work_id, v.lang, v.date;

-- name: reserve_documents
-- Ids for $1 new documents.
SELECT nextval(pg_get_serial_sequence('search_document', 'id')) AS id FROM generate_series(1, $1::int);

-- name: renew
-- A document's row, as it is to be.
UPDATE search_document SET version_id = $2, rewritten = $3, work_id = $4, lang = $5, analysis = $6, jurisdiction = $7,
    kind = $8, number = $9, title = $10, status = $11, date = $12, index_again = $13, versions = $14
WHERE id = $1;

-- name: mark
-- Every version this transaction saw of them is dealt with, also those that are not current.
UPDATE version v SET indexed_at = now() FROM unnest($1::bigint[], $2::text[]) AS wanted (work_id, lang)
WHERE v.work_id = wanted.work_id AND v.lang = wanted.lang AND v.indexed_at IS NULL;

-- name: outline
-- What digests, keys and the headings above each provision are made of, in document order.
SELECT vp.version_id, vp.ordinal, vp.parent, vp.eid, vp.hash, vp.status, p.num, p.heading, p.note, vp.terms
FROM version_provision vp JOIN provision p USING (hash)
WHERE vp.version_id = ANY ($1::bigint[])
ORDER BY vp.version_id, vp.ordinal;

-- name: held
-- The passages of documents.
SELECT document_id, place, eid, made_of, since, until FROM search_passage WHERE document_id = ANY ($1::bigint[]);

-- name: held_past
-- Those that are not current.
SELECT document_id, place, eid, made_of, since, until FROM search_past WHERE document_id = ANY ($1::bigint[]);

-- name: last_places
-- The last place of each document among those that are not current.
SELECT document_id, max(place) AS place FROM search_past WHERE document_id = ANY ($1::bigint[]) GROUP BY document_id;

-- name: stand
-- Gives passages the days on which they are the text.
UPDATE search_passage p SET since = new.since, until = new.until
FROM unnest($1::bigint[], $2::int[], $3::date[], $4::date[]) AS new (document_id, place, since, until)
WHERE p.document_id = new.document_id AND p.place = new.place;

-- name: retire
-- Passages that stood until the day $3, with their keys, to those that are not current.
WITH gone (document_id, place, until) AS MATERIALIZED (
    SELECT i.* FROM unnest($1::bigint[], $2::int[], $3::date[]) AS i (document_id, place, until)
    JOIN search_passage p USING (document_id, place)
    WHERE p.since < i.until
), keys AS (
    INSERT INTO search_past_key
    SELECT k.* FROM gone JOIN search_key k USING (document_id, place)
)
INSERT INTO search_past (document_id, place, eid, made_of, length, bare, analysis, lang, jurisdiction, kind, status, tsv,
    since, until)
SELECT document_id, place, p.eid, p.made_of, p.length, p.bare, p.analysis, p.lang, p.jurisdiction, p.kind, p.status, p.tsv,
    p.since, gone.until
FROM gone JOIN search_passage p USING (document_id, place);

-- name: take_out
-- Passages with their keys.
WITH gone (document_id, place) AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::int[])
), keys AS (
    DELETE FROM search_key k USING gone WHERE k.document_id = gone.document_id AND k.place = gone.place
)
DELETE FROM search_passage p USING gone WHERE p.document_id = gone.document_id AND p.place = gone.place;

-- name: add
-- Passages of documents, $2 their places, $3 the versions that they are read from, $4 their ordinals in these (-1: the
-- work as a whole: title A, number and citations B, long title and subjects C), $5 eIds, $6 digests, $7 the headings
-- above, $8 what the work is, $9 and $10 the days from which and until which they stand.
INSERT INTO search_passage (document_id, place, eid, made_of, length, bare, analysis, lang, jurisdiction, kind, status,
    since, until, tsv)
WITH document AS MATERIALIZED (
    SELECT d.id, v.id AS version_id, d.lang, d.analysis, d.jurisdiction, d.kind, d.number, d.analysis::regconfig AS config,
        v.title, v.long_title, v.citations, v.subjects,
        to_tsvector(d.analysis::regconfig, search_words(v.title)) AS words
    FROM (SELECT DISTINCT * FROM unnest($1::bigint[], $3::bigint[])) AS i (document_id, version_id)
    JOIN search_document d ON d.id = i.document_id
    JOIN version v ON v.id = i.version_id
)
SELECT i.document_id, i.place, i.eid, i.made_of,
    CASE WHEN i.ordinal = -1 THEN octet_length(d.title) + octet_length(d.long_title)
        ELSE octet_length(p.note) + octet_length(p.heading) + octet_length(p.text) END,
    coalesce(p.text = '', false), d.analysis, d.lang, d.jurisdiction, d.kind,
    CASE WHEN vp.status <> 'in-force' THEN vp.status ELSE i.status END, i.since, i.until,
    CASE WHEN i.ordinal = -1 THEN
        setweight(d.words, 'A')
        || setweight(to_tsvector(d.config, search_words(d.number || ' ' || array_to_string(d.citations, ' '))), 'B')
        || setweight(to_tsvector(d.config, search_words(d.long_title || ' ' || array_to_string(d.subjects, ' '))), 'C')
    ELSE
        setweight(to_tsvector(d.config, search_words(p.note || ' ' || p.heading)), 'A') || setweight(d.words, 'B')
        || setweight(to_tsvector(d.config, search_words(
            p.num || ' ' || array_to_string(vp.terms, ' ') || ' ' || i.path)), 'C')
        || to_tsvector(d.config, search_words(p.text))
    END
FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::int[], $5::text[], $6::bytea[], $7::text[], $8::text[], $9::date[],
        $10::date[])
    AS i (document_id, place, version_id, ordinal, eid, made_of, path, status, since, until)
JOIN document d ON d.id = i.document_id AND d.version_id = i.version_id
LEFT JOIN version_provision vp ON vp.version_id = i.version_id AND vp.ordinal = i.ordinal
LEFT JOIN provision p ON p.hash = vp.hash;

-- name: is_nearly_empty
-- Whether loading without the large indexes is the quicker way.
SELECT count(*) < 5000 FROM (SELECT FROM search_passage LIMIT 5000) AS few;

-- name: count_change
UPDATE search_state SET changed = changed + $1;

-- name: state
SELECT bulk, counted FROM search_state;

-- name: begin
UPDATE search_state SET counted = false;

-- name: end
UPDATE search_state SET counted = true, bulk = false;
