-- Citations with what they point at, as far as that is held: one definition of when a citation is resolved.
-- depends: 0010.search

-- state: `resolved` the work is held, and the provision cited (if one is) stands in its current text; `not-found` the
-- work is held, but its current text has no such provision; `not-held` the work is not held, others of its
-- jurisdiction are; `outside` the source names no work, or one of a jurisdiction of which nothing is held.
-- An eId may name a part inside of a provision, whose markup has it relative to the provision's own.
CREATE VIEW citation_link AS
SELECT c.version_id, c.ordinal, c.relation, c.seq, c.label, c.target_uri, c.target_eid,
       v.work_id, v.lang, v.date, v.title, v.current_from, v.current_until, t.id AS target_id,
       CASE
           WHEN t.id IS NULL THEN
               CASE WHEN EXISTS (SELECT FROM work o WHERE o.jurisdiction = split_part(c.target_uri, '/', 3))
                    THEN 'not-held' ELSE 'outside' END
           WHEN c.target_eid = '' OR EXISTS (
               SELECT
               FROM version tv
               JOIN version_provision vp ON vp.version_id = tv.id
               JOIN provision p ON p.hash = vp.hash
               WHERE tv.work_id = t.id
                 AND tv.current_from <= (now() AT TIME ZONE 'UTC')::date
                 AND (now() AT TIME ZONE 'UTC')::date < tv.current_until
                 AND vp.eid = ANY (ARRAY(
                     SELECT array_to_string((string_to_array(c.target_eid, '__'))[1:n], '__')
                     FROM generate_series(1, cardinality(string_to_array(c.target_eid, '__'))) AS n))
                 AND (vp.eid = c.target_eid
                      OR strpos(p.content, ' eId="' || substr(c.target_eid, length(vp.eid) + 3) || '"') > 0))
           THEN 'resolved'
           ELSE 'not-found'
       END AS state
FROM citation c
JOIN version v ON v.id = c.version_id
LEFT JOIN LATERAL (
    SELECT w.id FROM work w WHERE w.frbr_uri = c.target_uri
    UNION ALL
    SELECT a.work_id FROM work_alias a WHERE a.frbr_uri = c.target_uri
    LIMIT 1
) t ON true;
