-- name: placements
-- What a version's digest covers of its provisions, in order.
SELECT hash, level, eid, status, in_force_from, in_force_to, last_amended
FROM version_provision
WHERE version_id = $1
ORDER BY ordinal;

-- name: references
-- The acts that version $1 is made under, then those that amended it, in the order of their source.
SELECT target_uri, target_eid, label
FROM citation
WHERE version_id = $1 AND ordinal = -1 AND relation IN ('enabled-by', 'amended-by')
ORDER BY relation = 'amended-by', seq;

-- name: hash_of_version
-- The digest of one version.
SELECT content_hash FROM version WHERE id = $1;

-- name: size_of_text
-- How many bytes of text a version has at the least: to tell without reading it that a text is not its own.
SELECT coalesce(sum(octet_length(p.text)), 0)
FROM version_provision vp JOIN provision p ON p.hash = vp.hash
WHERE vp.version_id = $1;

-- name: revision_of_version
-- The revision of the text in language $2 since date $3 that had the digest $4.
SELECT max(revision) FROM version WHERE work_id = $1 AND lang = $2 AND date = $3 AND content_hash = $4;

-- name: revision_of_provision
-- The last revision of the text in language $2 since date $3 whose provision $5 had the digest $4.
SELECT max(v.revision)
FROM version v JOIN version_provision vp ON vp.version_id = v.id AND vp.eid = $5
WHERE v.work_id = $1 AND v.lang = $2 AND v.date = $3 AND vp.hash = $4;
