-- name: citations_out
-- What the current versions of work $1 cite, other than the work itself, after (version, ordinal, relation, seq).
SELECT c.version_id, c.ordinal, c.relation, c.seq, c.label, v.lang, v.date, v.title AS citing_title,
       coalesce(vp.eid, '') AS eid, c.target_uri, c.target_eid,
       w.jurisdiction, w.kind, w.number, t.jurisdiction AS target_jurisdiction, t.kind AS target_kind,
       t.number AS target_number,
       coalesce((SELECT tv.title FROM version tv WHERE tv.work_id = t.id AND tv.current_from <= $3
                 AND $3 < tv.current_until ORDER BY tv.lang <> v.lang, tv.lang LIMIT 1), '') AS target_title
FROM version v
JOIN work w ON w.id = v.work_id
JOIN citation c ON c.version_id = v.id
LEFT JOIN version_provision vp ON vp.version_id = c.version_id AND vp.ordinal = c.ordinal
LEFT JOIN work_alias a ON a.frbr_uri = c.target_uri
LEFT JOIN work t ON t.frbr_uri = c.target_uri OR t.id = a.work_id
WHERE v.work_id = $1 AND ($2::text IS NULL OR v.lang = $2) AND v.current_from <= $3 AND $3 < v.current_until
  AND c.target_uri <> w.frbr_uri
  AND ($4::bigint IS NULL OR (c.version_id, c.ordinal, c.relation, c.seq) > ($4, $5::int, $6::text, $7::int))
ORDER BY c.version_id, c.ordinal, c.relation, c.seq
LIMIT $8;

-- name: citations_in
-- Where current versions of other works cite work $1, by its address or an alias, after (version, ordinal, ...).
SELECT c.version_id, c.ordinal, c.relation, c.seq, c.label, v.lang, v.date, v.title AS citing_title,
       coalesce(vp.eid, '') AS eid, c.target_uri, c.target_eid,
       w.jurisdiction, w.kind, w.number, t.jurisdiction AS target_jurisdiction, t.kind AS target_kind,
       t.number AS target_number,
       coalesce((SELECT tv.title FROM version tv WHERE tv.work_id = t.id AND tv.current_from <= $3
                 AND $3 < tv.current_until ORDER BY tv.lang <> v.lang, tv.lang LIMIT 1), '') AS target_title
FROM work t
JOIN citation c ON c.target_uri = t.frbr_uri
                OR c.target_uri IN (SELECT a.frbr_uri FROM work_alias a WHERE a.work_id = t.id)
JOIN version v ON v.id = c.version_id
JOIN work w ON w.id = v.work_id
LEFT JOIN version_provision vp ON vp.version_id = c.version_id AND vp.ordinal = c.ordinal
WHERE t.id = $1 AND ($2::text IS NULL OR v.lang = $2) AND v.current_from <= $3 AND $3 < v.current_until
  AND v.work_id <> t.id AND c.target_uri <> ''
  AND ($4::bigint IS NULL OR (c.version_id, c.ordinal, c.relation, c.seq) > ($4, $5::int, $6::text, $7::int))
ORDER BY c.version_id, c.ordinal, c.relation, c.seq
LIMIT $8;
