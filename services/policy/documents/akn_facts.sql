-- name: provision_facts
-- What a version's provisions are beside their text: only an export that is read back needs it.
SELECT ordinal, eid, last_amended, source_id, terms
FROM version_provision
WHERE version_id = $1
ORDER BY ordinal;

-- name: citations_in_version
-- Everything that a version cites, in the order in which it was found.
SELECT ordinal, relation, target_uri, target_eid, label
FROM citation
WHERE version_id = $1
ORDER BY ordinal, relation, seq;
