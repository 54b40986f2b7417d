-- name: exact_versions
-- Versions at their permanent addresses, up to 16 in one question: each with its work, the versions beside it, and its
-- provisions written out as the JSON that is answered, which PostgreSQL does in a tenth of the time. $7 says whether
-- their text is wanted. The limit lets the planner count on a few whatever is asked, so that it plans but once.
SELECT asked.place, w.id AS work_id, w.frbr_uri, j.names::text AS names, v.id, v.lang, v.date, v.revision, v.published,
       v.title, v.long_title, v.citations, v.subjects, v.date > $6 AS begins_later, v.in_force_from,
       NULLIF(v.current_until, 'infinity') AS in_force_to, v.last_amended, v.source_ids::text AS source_ids,
       v.content_hash, v.content_changed_at, v.source_checked_at, v.taken_out,
       coalesce(v.stated_status, v.status) AS stated_status,
       (SELECT json_agg(json_build_array(o.id, o.lang, o.date, o.revision, o.published, o.status, o.title,
                                         o.current_from <= $6 AND $6 < o.current_until, o.taken_out))
        FROM version o WHERE o.work_id = w.id AND o.current_from < 'infinity') AS heads,
       (SELECT coalesce(string_agg(CASE WHEN $7::bool THEN row_to_json(t)::text ELSE row_to_json(n)::text END, ','
                                   ORDER BY vp.ordinal), '')
        FROM version_provision vp JOIN provision p ON p.hash = vp.hash
             CROSS JOIN LATERAL (SELECT vp.eid, p.kind, vp.level, p.num, p.heading, p.note, vp.status, p.lang,
                                        vp.in_force_from, vp.in_force_to, encode(vp.hash, 'hex') AS hash) n
             CROSS JOIN LATERAL (SELECT n.*, p.text) t
        WHERE vp.version_id = v.id) AS written
FROM (SELECT n AS place, ($1::text[])[n] AS jurisdiction, ($2::text[])[n] AS kind, ($3::text[])[n] AS number,
             ($4::text[])[n] AS lang, ($5::date[])[n] AS date
      FROM generate_subscripts($1::text[], 1) AS n LIMIT 16) asked
     JOIN work w ON w.jurisdiction = asked.jurisdiction AND w.kind = asked.kind AND w.number = asked.number
     JOIN jurisdiction j ON j.id = w.jurisdiction
     JOIN version v ON v.work_id = w.id AND v.lang = asked.lang AND v.date = asked.date
                       AND v.current_from < 'infinity';

-- name: exact_provisions
-- Provisions at their permanent addresses, up to 16 in one question: each with its version and the headings above it.
-- $8 says whether their markup is wanted.
SELECT asked.place, w.id AS work_id, w.frbr_uri, j.names::text AS names, v.id, v.lang, v.date, v.revision, v.published,
       v.title, v.long_title, v.citations, v.subjects, v.date > $6 AS begins_later, v.in_force_from,
       NULLIF(v.current_until, 'infinity') AS in_force_to, v.last_amended, v.source_ids::text AS source_ids,
       v.content_hash, v.content_changed_at, v.source_checked_at, v.taken_out,
       coalesce(v.stated_status, v.status) AS stated_status,
       (SELECT json_agg(json_build_array(o.id, o.lang, o.date, o.revision, o.published, o.status, o.title,
                                         o.current_from <= $6 AND $6 < o.current_until, o.taken_out))
        FROM version o WHERE o.work_id = w.id AND o.current_from < 'infinity') AS heads,
       p.kind AS part_kind, vp.eid, p.num, p.heading, p.note, CASE WHEN $8::bool THEN p.content ELSE '' END AS content,
       p.text, p.lang AS part_lang, vp.status AS part_status, vp.level, vp.in_force_from AS part_from,
       vp.in_force_to AS part_to, vp.hash, vp.ordinal, vp.parent,
       CASE WHEN vp.parent IS NULL THEN '{}' ELSE ARRAY(
           WITH RECURSIVE up AS (
               SELECT a.ordinal, a.parent, a.hash FROM version_provision a
               WHERE a.version_id = v.id AND a.ordinal = vp.parent
               UNION ALL
               SELECT a.ordinal, a.parent, a.hash
               FROM version_provision a JOIN up ON a.version_id = v.id AND a.ordinal = up.parent
           )
           SELECT ARRAY[q.num, q.heading] FROM up JOIN provision q ON q.hash = up.hash ORDER BY up.ordinal) END AS path
FROM (SELECT n AS place, ($1::text[])[n] AS jurisdiction, ($2::text[])[n] AS kind, ($3::text[])[n] AS number,
             ($4::text[])[n] AS lang, ($5::date[])[n] AS date, ($7::text[])[n] AS eid
      FROM generate_subscripts($1::text[], 1) AS n LIMIT 16) asked
     JOIN work w ON w.jurisdiction = asked.jurisdiction AND w.kind = asked.kind AND w.number = asked.number
     JOIN jurisdiction j ON j.id = w.jurisdiction
     JOIN version v ON v.work_id = w.id AND v.lang = asked.lang AND v.date = asked.date
                       AND v.current_from < 'infinity'
     JOIN version_provision vp ON vp.version_id = v.id AND vp.eid = asked.eid
     JOIN provision p ON p.hash = vp.hash;
