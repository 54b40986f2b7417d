-- name: due
-- Works and languages whose index entry is not what it should be on the day $1. A version that is not current, beside
-- one that is indexed, is none: it only has to be marked.
SELECT v.work_id, v.lang FROM version v
LEFT JOIN search_document d USING (work_id, lang)
WHERE v.indexed_at IS NULL AND (d.id IS NULL OR (v.current_from <= $1 AND $1 < v.current_until))
UNION
SELECT d.work_id, d.lang
FROM search_document d JOIN version v ON v.id = d.version_id
WHERE v.current_from > $1 OR v.current_until <= $1 OR d.index_again <= $1 OR d.rewritten <> v.rewritten
ORDER BY work_id, lang;

-- name: mark_past
-- Versions that are not current on the day $1 are no matter of the index.
UPDATE version SET indexed_at = now() WHERE indexed_at IS NULL AND NOT (current_from <= $1 AND $1 < current_until);

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

-- name: current
-- The version to index of each given work and language, if one is current on the day $3, with its document if it has one.
SELECT v.id, v.work_id, v.lang, v.title, v.long_title, v.citations, v.subjects, v.status, v.date, v.rewritten,
    w.jurisdiction, w.kind, w.number, array(SELECT a.number FROM work_alias a WHERE a.work_id = w.id ORDER BY 1) AS aliases,
    d.id AS document_id
FROM unnest($1::bigint[], $2::text[]) AS wanted (work_id, lang)
JOIN version v ON v.work_id = wanted.work_id AND v.lang = wanted.lang AND v.current_from <= $3 AND $3 < v.current_until
JOIN work w ON w.id = v.work_id
LEFT JOIN search_document d ON d.work_id = v.work_id AND d.lang = v.lang
ORDER BY v.id;

-- name: reserve_documents
-- Ids for $1 new documents.
SELECT nextval(pg_get_serial_sequence('search_document', 'id')) AS id FROM generate_series(1, $1::int);

-- name: renew
-- A document's row, as it is to be.
UPDATE search_document SET version_id = $2, rewritten = $3, work_id = $4, lang = $5, analysis = $6, jurisdiction = $7,
    kind = $8, number = $9, title = $10, status = $11, date = $12, index_again = $13
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
SELECT document_id, place, eid, made_of FROM search_passage WHERE document_id = ANY ($1::bigint[]);

-- name: take_out
-- Passages with their keys.
WITH gone (document_id, place) AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::int[])
), keys AS (
    DELETE FROM search_key k USING gone WHERE k.document_id = gone.document_id AND k.place = gone.place
)
DELETE FROM search_passage p USING gone WHERE p.document_id = gone.document_id AND p.place = gone.place;

-- name: add_passages
-- Passages of documents, $2 their places, $3 their ordinals in the version (-1: the work as a whole: title A, number and
-- citations B, long title and subjects C), $4 eIds, $5 digests, $6 the headings above.
INSERT INTO search_passage (document_id, place, eid, made_of, length, bare, analysis, lang, jurisdiction, kind, status, tsv)
WITH document AS MATERIALIZED (
    SELECT d.*, d.analysis::regconfig AS config, to_tsvector(d.analysis::regconfig, search_words(d.title)) AS words
    FROM search_document d
    WHERE d.id = ANY ($1::bigint[])
)
SELECT i.document_id, i.place, i.eid, i.made_of,
    CASE WHEN i.ordinal = -1 THEN octet_length(d.title) + octet_length(v.long_title)
        ELSE octet_length(p.note) + octet_length(p.heading) + octet_length(p.text) END,
    coalesce(p.text = '', false), d.analysis, d.lang, d.jurisdiction, d.kind,
    CASE WHEN vp.status <> 'in-force' THEN vp.status ELSE d.status END,
    CASE WHEN i.ordinal = -1 THEN
        setweight(d.words, 'A')
        || setweight(to_tsvector(d.config, search_words(d.number || ' ' || array_to_string(v.citations, ' '))), 'B')
        || setweight(to_tsvector(d.config, search_words(v.long_title || ' ' || array_to_string(v.subjects, ' '))), 'C')
    ELSE
        setweight(to_tsvector(d.config, search_words(p.note || ' ' || p.heading)), 'A') || setweight(d.words, 'B')
        || setweight(to_tsvector(d.config, search_words(
            p.num || ' ' || array_to_string(vp.terms, ' ') || ' ' || i.path)), 'C')
        || to_tsvector(d.config, search_words(p.text))
    END
FROM unnest($1::bigint[], $2::int[], $3::int[], $4::text[], $5::bytea[], $6::text[])
    AS i (document_id, place, ordinal, eid, made_of, path)
JOIN document d ON d.id = i.document_id
LEFT JOIN version v ON v.id = d.version_id AND i.ordinal = -1
LEFT JOIN version_provision vp ON vp.version_id = d.version_id AND vp.ordinal = i.ordinal
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
