-- name: digests
-- Of each passage found ($1 version, $2 ordinal; -1 for the version as a whole) the digest of its text.
SELECT asked.version_id, asked.ordinal, coalesce(vp.hash, v.content_hash) AS digest, v.citations
FROM unnest($1::bigint[], $2::int[]) AS asked (version_id, ordinal)
JOIN version v ON v.id = asked.version_id
LEFT JOIN version_provision vp ON vp.version_id = asked.version_id AND vp.ordinal = asked.ordinal;
