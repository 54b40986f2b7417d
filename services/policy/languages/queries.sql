-- name: changes
-- The provisions by whose words version $2 differs from version $1 of the same work and language, matched by eId.
SELECT coalesce(n.eid, o.eid) AS eid, coalesce(n.ordinal, o.ordinal) AS ordinal,
       coalesce(pn.num, po.num) AS num, coalesce(pn.heading, po.heading) AS heading,
       CASE WHEN o.eid IS NULL THEN 'added' WHEN n.eid IS NULL THEN 'removed' ELSE 'reworded' END AS change
FROM (SELECT eid, ordinal, hash FROM version_provision WHERE version_id = $1) o
FULL JOIN (SELECT eid, ordinal, hash FROM version_provision WHERE version_id = $2) n ON n.eid = o.eid
LEFT JOIN provision po ON po.hash = o.hash
LEFT JOIN provision pn ON pn.hash = n.hash
WHERE o.hash IS DISTINCT FROM n.hash
  AND (po.num, po.heading, po.note, po.text) IS DISTINCT FROM (pn.num, pn.heading, pn.note, pn.text)
ORDER BY coalesce(n.ordinal, o.ordinal), eid;
