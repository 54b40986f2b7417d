-- name: parts
-- What versions are made of, without any text: comparing needs texts only of what differs.
SELECT vp.version_id, vp.ordinal, vp.parent, vp.level, p.kind, vp.eid, p.num, p.heading, p.note, p.lang, vp.status,
       vp.source_id, vp.hash, vp.in_force_from, vp.last_amended
FROM version_provision vp JOIN provision p ON p.hash = vp.hash
WHERE vp.version_id = ANY($1::bigint[])
ORDER BY vp.version_id, vp.ordinal;

-- name: places
-- The same without what the provisions hold: of what stands unchanged in both versions nobody asks for it.
SELECT version_id, ordinal, parent, level, '' AS kind, eid, '' AS num, '' AS heading, '' AS note, '' AS lang, status,
       source_id, hash, in_force_from, last_amended
FROM version_provision
WHERE version_id = ANY($1::bigint[])
ORDER BY version_id, ordinal;

-- name: contents
-- The text of provisions, by hash.
SELECT hash, num, heading, note, content, kind, lang FROM provision WHERE hash = ANY($1::bytea[]);

-- name: amendments
-- The amendments that versions name, with the amending work where it is held.
SELECT c.version_id, c.label, c.target_uri, t.jurisdiction, t.kind, t.number
FROM citation c
LEFT JOIN work_alias a ON a.frbr_uri = c.target_uri
LEFT JOIN work t ON t.id = coalesce((SELECT w.id FROM work w WHERE w.frbr_uri = c.target_uri), a.work_id)
WHERE c.version_id = ANY($1::bigint[]) AND c.relation = 'amended-by'
ORDER BY c.version_id, c.seq;

-- name: source_dates
-- When the source says that versions were last amended, and since when they are in force.
SELECT id, last_amended, in_force_from FROM version WHERE id = ANY($1::bigint[]);
