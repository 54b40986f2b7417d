-- name: citations_out
-- What the current versions of work $1 cite, other than the work itself, after (version, ordinal, relation, seq).
SELECT l.version_id, l.ordinal, l.relation, l.seq, l.label, l.lang, l.date, l.title AS citing_title,
       coalesce(vp.eid, '') AS eid, coalesce(p.num, '') AS num, l.target_uri, l.target_eid, l.state,
       w.jurisdiction, w.kind, w.number, t.jurisdiction AS target_jurisdiction, t.kind AS target_kind,
       t.number AS target_number, tv.title AS target_title, tv.lang AS target_lang, tv.date AS target_date
FROM citation_link l
JOIN work w ON w.id = l.work_id
LEFT JOIN version_provision vp ON vp.version_id = l.version_id AND vp.ordinal = l.ordinal
LEFT JOIN provision p ON p.hash = vp.hash
LEFT JOIN work t ON t.id = l.target_id
LEFT JOIN LATERAL (
    SELECT o.title, o.lang, o.date FROM version o
    WHERE o.work_id = l.target_id AND o.current_from <= $3 AND $3 < o.current_until
    ORDER BY o.lang <> l.lang, o.lang LIMIT 1
) tv ON true
WHERE l.work_id = $1 AND ($2::text IS NULL OR l.lang = $2) AND l.current_from <= $3 AND $3 < l.current_until
  AND l.target_id IS DISTINCT FROM l.work_id
  AND ($4::text IS NULL OR l.relation = $4) AND ($5::text IS NULL OR l.state = $5)
  AND ($6::bigint IS NULL OR (l.version_id, l.ordinal, l.relation, l.seq) > ($6, $7::int, $8::text, $9::int))
ORDER BY l.version_id, l.ordinal, l.relation, l.seq
LIMIT $10;

-- name: citations_in
-- Where current versions of other works cite work $1, by its address or an alias, after (version, ordinal, ...).
SELECT l.version_id, l.ordinal, l.relation, l.seq, l.label, l.lang, l.date, l.title AS citing_title,
       coalesce(vp.eid, '') AS eid, coalesce(p.num, '') AS num, l.target_uri, l.target_eid, l.state,
       w.jurisdiction, w.kind, w.number, t.jurisdiction AS target_jurisdiction, t.kind AS target_kind,
       t.number AS target_number, tv.title AS target_title, tv.lang AS target_lang, tv.date AS target_date
FROM citation_link l
JOIN work w ON w.id = l.work_id
LEFT JOIN version_provision vp ON vp.version_id = l.version_id AND vp.ordinal = l.ordinal
LEFT JOIN provision p ON p.hash = vp.hash
JOIN work t ON t.id = $1
LEFT JOIN LATERAL (
    SELECT o.title, o.lang, o.date FROM version o
    WHERE o.work_id = t.id AND o.current_from <= $3 AND $3 < o.current_until
    ORDER BY o.lang <> l.lang, o.lang LIMIT 1
) tv ON true
WHERE l.target_uri <> '' AND l.target_uri = ANY (ARRAY(
          SELECT s.frbr_uri FROM work s WHERE s.id = $1
          UNION ALL SELECT a.frbr_uri FROM work_alias a WHERE a.work_id = $1))
  AND ($2::text IS NULL OR l.lang = $2) AND l.current_from <= $3 AND $3 < l.current_until AND l.work_id <> $1
  AND ($4::text IS NULL OR l.relation = $4) AND ($5::text IS NULL OR l.state = $5)
  AND ($6::bigint IS NULL OR (l.version_id, l.ordinal, l.relation, l.seq) > ($6, $7::int, $8::text, $9::int))
ORDER BY l.version_id, l.ordinal, l.relation, l.seq
LIMIT $10;

-- name: count_out
-- How many citations from work $1 there are in each state, with the filters of citations_out.
SELECT l.state, count(*) AS citations
FROM citation_link l
WHERE l.work_id = $1 AND ($2::text IS NULL OR l.lang = $2) AND l.current_from <= $3 AND $3 < l.current_until
  AND l.target_id IS DISTINCT FROM l.work_id
  AND ($4::text IS NULL OR l.relation = $4) AND ($5::text IS NULL OR l.state = $5)
GROUP BY l.state;

-- name: count_in
-- How many citations of work $1 there are in each state, with the filters of citations_in.
SELECT l.state, count(*) AS citations
FROM citation_link l
WHERE l.target_uri <> '' AND l.target_uri = ANY (ARRAY(
          SELECT s.frbr_uri FROM work s WHERE s.id = $1
          UNION ALL SELECT a.frbr_uri FROM work_alias a WHERE a.work_id = $1))
  AND ($2::text IS NULL OR l.lang = $2) AND l.current_from <= $3 AND $3 < l.current_until AND l.work_id <> $1
  AND ($4::text IS NULL OR l.relation = $4) AND ($5::text IS NULL OR l.state = $5)
GROUP BY l.state;

-- name: dependants
-- The works whose current text depends on one of works $1 by the relations $2; at most $4. What the caller knows
-- already is not left out here: arrays of thousands make for plans that compare each row with each element.
WITH cited AS MATERIALIZED (
    SELECT w.id, w.frbr_uri AS uri FROM unnest($1::bigint[]) AS o (id) JOIN work w USING (id)
    UNION ALL SELECT a.work_id, a.frbr_uri FROM unnest($1::bigint[]) AS o (id) JOIN work_alias a ON a.work_id = o.id
), link AS MATERIALIZED (
    SELECT c.version_id, c.relation, min(f.id) AS via
    FROM cited f JOIN citation c ON c.target_uri = f.uri AND c.target_uri <> ''
    WHERE c.relation = ANY ($2::text[])
    GROUP BY c.version_id, c.relation
)
SELECT v.work_id, array_agg(DISTINCT l.relation ORDER BY l.relation) AS relations, min(l.via) AS via
FROM link l JOIN version v ON v.id = l.version_id
WHERE v.current_from <= $3 AND $3 < v.current_until
GROUP BY v.work_id
ORDER BY v.work_id
LIMIT $4;

-- name: works_shown
-- Works $1 by their current title in language $2, or in their first language.
SELECT DISTINCT ON (w.id) w.id, w.jurisdiction, w.kind, w.number, v.title, v.sort_title, v.status
FROM unnest($1::bigint[]) AS o (id) JOIN work w USING (id) JOIN version v ON v.work_id = w.id
WHERE v.current_from <= $3 AND $3 < v.current_until
ORDER BY w.id, v.lang <> $2, v.lang;
