-- name: parts
-- What versions are made of, without any text: comparing needs texts only of what differs.
SELECT vp.version_id, vp.ordinal, vp.parent, vp.level, p.kind, vp.eid, p.num, p.heading, p.note, p.lang, vp.status,
       vp.source_id, vp.hash, vp.in_force_from, vp.last_amended
FROM version_provision vp JOIN provision p ON p.hash = vp.hash
WHERE vp.version_id = ANY($1::bigint[])
ORDER BY vp.version_id, vp.ordinal;

-- name: sides
-- For each pair of versions the places of what has the same eId, text and status in both, and of what only one has.
SELECT array_agg(side.old) FILTER (WHERE side.old IS NOT NULL AND side.new IS NOT NULL) AS kept_old,
       array_agg(side.new) FILTER (WHERE side.old IS NOT NULL AND side.new IS NOT NULL) AS kept_new,
       array_agg(side.old) FILTER (WHERE side.new IS NULL) AS old,
       array_agg(side.new) FILTER (WHERE side.old IS NULL) AS new
FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS pair (old, new, at)
LEFT JOIN LATERAL (
    SELECT o.ordinal AS old, n.ordinal AS new
    FROM (SELECT ordinal, eid, hash, status FROM version_provision WHERE version_id = pair.old) AS o
    FULL JOIN (SELECT ordinal, eid, hash, status FROM version_provision WHERE version_id = pair.new) AS n
        USING (eid, hash, status)
) AS side ON side.old IS NOT NULL OR side.new IS NOT NULL
GROUP BY pair.at
ORDER BY pair.at;

-- name: parts_at
-- Single parts, by their version and place.
SELECT vp.version_id, vp.ordinal, vp.parent, vp.level, p.kind, vp.eid, p.num, p.heading, p.note, p.lang, vp.status,
       vp.source_id, vp.hash, vp.in_force_from, vp.last_amended
FROM unnest($1::bigint[], $2::int[]) AS place (version_id, ordinal)
JOIN version_provision vp USING (version_id, ordinal)
JOIN provision p ON p.hash = vp.hash;

-- name: parts_named
-- The parts of these versions that have one of these eIds.
SELECT vp.version_id, vp.ordinal, vp.parent, vp.level, p.kind, vp.eid, p.num, p.heading, p.note, p.lang, vp.status,
       vp.source_id, vp.hash, vp.in_force_from, vp.last_amended
FROM version_provision vp JOIN provision p ON p.hash = vp.hash
WHERE vp.version_id = ANY($1::bigint[]) AND vp.eid = ANY($2::text[]);

-- name: notes
-- The markup of the last historical note in each of these provisions; empty where there is none.
SELECT hash, CASE WHEN position('<remark type="historical">' IN content) > 0
                  THEN split_part(split_part(content, '<remark type="historical">', -1), '</remark>', 1)
                  ELSE '' END AS note
FROM provision
WHERE hash = ANY($1::bytea[]);

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
