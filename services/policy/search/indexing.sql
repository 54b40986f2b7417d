-- name: due
-- Works and languages whose index entry is not what it should be on the day $1.
SELECT work_id, lang FROM version WHERE indexed_at IS NULL
UNION
SELECT d.work_id, d.lang
FROM search_document d JOIN version v ON v.id = d.version_id
WHERE v.current_from > $1 OR v.current_until <= $1 OR d.index_again <= $1
ORDER BY work_id, lang;

-- name: texts_of
-- The works and languages of versions.
SELECT DISTINCT work_id, lang FROM version WHERE id = ANY ($1::bigint[]) ORDER BY work_id, lang;

-- name: current
-- The version to index of each given work and language, if one is current on the day $3.
SELECT v.id, v.work_id, v.lang, v.title, v.long_title, v.citations, v.subjects, v.status, v.date, w.jurisdiction,
    w.kind, w.number, array(SELECT a.number FROM work_alias a WHERE a.work_id = w.id ORDER BY 1) AS aliases
FROM unnest($1::bigint[], $2::text[]) AS wanted (work_id, lang)
JOIN version v ON v.work_id = wanted.work_id AND v.lang = wanted.lang AND v.current_from <= $3 AND $3 < v.current_until
JOIN work w ON w.id = v.work_id
ORDER BY v.id;

-- name: forget
-- Takes out what was indexed of the given works and languages; passages and keys go with it.
DELETE FROM search_document d USING unnest($1::bigint[], $2::text[]) AS wanted (work_id, lang)
WHERE d.work_id = wanted.work_id AND d.lang = wanted.lang;

-- name: mark
-- Every version this transaction saw of them is dealt with, also those that are not current.
UPDATE version v SET indexed_at = now() FROM unnest($1::bigint[], $2::text[]) AS wanted (work_id, lang)
WHERE v.work_id = wanted.work_id AND v.lang = wanted.lang AND v.indexed_at IS NULL;

-- name: outline
-- What the keys and the headings above each provision are made of.
SELECT vp.version_id, vp.ordinal, vp.parent, p.num, p.heading, p.note, vp.terms
FROM version_provision vp JOIN provision p USING (hash)
WHERE vp.version_id = ANY ($1::bigint[]);

-- name: insert_passages
-- The provisions of indexed documents; $2 and $3 name those that stand below headings, $4 holds these headings.
INSERT INTO search_passage (version_id, ordinal, length, bare, analysis, lang, jurisdiction, kind, status, tsv)
SELECT d.version_id, vp.ordinal, octet_length(p.note) + octet_length(p.heading) + octet_length(p.text), p.text = '',
    d.analysis, d.lang, d.jurisdiction, d.kind, CASE vp.status WHEN 'in-force' THEN d.status ELSE vp.status END,
    setweight(to_tsvector(c.config, search_words(p.note || ' ' || p.heading)), 'A') || c.title
    || setweight(to_tsvector(c.config, search_words(
        p.num || ' ' || array_to_string(vp.terms, ' ') || ' ' || coalesce(above.path, ''))), 'C')
    || to_tsvector(c.config, search_words(p.text))
FROM search_document d
CROSS JOIN LATERAL (
    SELECT d.analysis::regconfig AS config,
        setweight(to_tsvector(d.analysis::regconfig, search_words(d.title)), 'B') AS title
    OFFSET 0
) c
JOIN version_provision vp ON vp.version_id = d.version_id
JOIN provision p USING (hash)
LEFT JOIN unnest($2::bigint[], $3::int[], $4::text[]) AS above (version_id, ordinal, path)
    ON above.version_id = vp.version_id AND above.ordinal = vp.ordinal
WHERE d.version_id = ANY ($1::bigint[]);

-- name: insert_works
-- Each work as a whole: title (A), number and citations (B), long title and subjects (C).
INSERT INTO search_passage (version_id, ordinal, length, bare, analysis, lang, jurisdiction, kind, status, tsv)
SELECT d.version_id, -1, octet_length(d.title) + octet_length(v.long_title), false, d.analysis, d.lang, d.jurisdiction,
    d.kind, d.status,
    setweight(to_tsvector(c.config, search_words(d.title)), 'A')
    || setweight(to_tsvector(c.config, search_words(d.number || ' ' || array_to_string(v.citations, ' '))), 'B')
    || setweight(to_tsvector(c.config, search_words(v.long_title || ' ' || array_to_string(v.subjects, ' '))), 'C')
FROM search_document d
CROSS JOIN LATERAL (SELECT d.analysis::regconfig AS config OFFSET 0) c
JOIN version v ON v.id = d.version_id
WHERE d.version_id = ANY ($1::bigint[]);

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
