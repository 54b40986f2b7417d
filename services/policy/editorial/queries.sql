-- name: draft
-- One draft, with who may write it, who has, and its open conflicts.
SELECT d.*,
       ARRAY(SELECT e.account FROM draft_editor e WHERE e.draft_id = d.id ORDER BY 1) AS editors,
       ARRAY(SELECT a.account FROM draft_author a WHERE a.draft_id = d.id ORDER BY 1) AS authors,
       ARRAY(SELECT p.eid FROM draft_provision p WHERE p.draft_id = d.id AND p.conflict IS NOT NULL
             ORDER BY p.position) AS conflicts
FROM draft d WHERE d.id = $1;

-- name: lock_draft
-- Whoever writes a draft does so alone.
SELECT FROM draft WHERE id = $1 FOR UPDATE;

-- name: drafts
-- One page of what account $1 may see ($2: all) in the areas $12: newest first, before `seq` $9; or for $10 oldest first, after it.
-- Drafts are few enough to be sorted for each page.
SELECT d.*,
       ARRAY(SELECT e.account FROM draft_editor e WHERE e.draft_id = d.id ORDER BY 1) AS editors,
       ARRAY(SELECT a.account FROM draft_author a WHERE a.draft_id = d.id ORDER BY 1) AS authors,
       ARRAY(SELECT p.eid FROM draft_provision p WHERE p.draft_id = d.id AND p.conflict IS NOT NULL
             ORDER BY p.position) AS conflicts
FROM draft d
WHERE ($2::bool OR d.owner = $1 OR EXISTS (SELECT FROM draft_editor e WHERE e.draft_id = d.id AND e.account = $1))
  AND ($3::text IS NULL OR d.state = $3)
  AND ($4::text IS NULL OR d.jurisdiction = $4)
  AND ($5::text IS NULL OR d.kind = $5)
  AND ($6::text IS NULL OR d.number = $6)
  AND ($7::text IS NULL OR d.lang = $7)
  AND ($8::text IS NULL OR CASE $8 WHEN 'own' THEN d.owner = $1
       ELSE EXISTS (SELECT FROM draft_editor e WHERE e.draft_id = d.id AND e.account = $1) END)
  AND ($9::bigint IS NULL OR CASE WHEN $10::bool THEN d.seq > $9 ELSE d.seq < $9 END)
  AND ($12::text = '*' OR d.jurisdiction = ANY (string_to_array($12, ' ')))
ORDER BY CASE WHEN $10 THEN d.seq ELSE -d.seq END
LIMIT $11;

-- name: draft_of_version
-- The draft that a version was published from.
SELECT id FROM draft WHERE published_version = $1;

-- name: add_draft
-- A new draft.
INSERT INTO draft (owner, acted_by, jurisdiction, kind, number, lang, date, title, long_title, citations, subjects, status,
                   in_force_from, base_version, base_date, base_revision)
VALUES ($1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
RETURNING id;

-- name: step
-- The next revision of a draft, in the state $3; the trigger draft_step says whether that may be.
UPDATE draft SET revision = revision + 1, state = $3, acted_by = $2, action = $4, changed_at = now() WHERE id = $1
RETURNING revision;

-- name: describe
-- Another description, as part of the step that comes with it.
UPDATE draft
SET revision = revision + 1, acted_by = $2, action = $3, changed_at = now(), jurisdiction = $4, kind = $5, number = $6,
    lang = $7, date = $8, title = $9, long_title = $10, citations = $11, subjects = $12, status = $13, in_force_from = $14,
    base_version = $15, base_date = $16, base_revision = $17
WHERE id = $1
RETURNING revision;

-- name: mark_published
-- The step to published, with the version that came of it.
UPDATE draft
SET revision = revision + 1, state = 'published', acted_by = $2, action = 'publish', changed_at = now(),
    published_version = $3, published_date = $4
WHERE id = $1
RETURNING revision;

-- name: add_event
-- A step, for good.
INSERT INTO editorial_event (draft_id, revision, account, request_id, action, eid, from_state, to_state, before, after,
                             detail, version_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: events
-- The steps of a draft in order, after $2.
SELECT id, revision, at, account, request_id, action, eid, from_state, to_state, before, after, detail, version_id
FROM editorial_event WHERE draft_id = $1 AND id > $2 ORDER BY id LIMIT $3;

-- name: events_since
-- The steps after revision $2, as a short list for whoever has to merge.
SELECT id, revision, at, account, request_id, action, eid, from_state, to_state, before, after, detail, version_id
FROM editorial_event WHERE draft_id = $1 AND revision > $2 ORDER BY id DESC LIMIT 50;

-- name: add_note
-- What a reviewer said when the draft was returned.
INSERT INTO draft_note (draft_id, revision, seq, eid, text, account) VALUES ($1, $2, $3, $4, $5, $6);

-- name: notes
-- All that reviewers said, the last return first.
SELECT revision, eid, text, account, at FROM draft_note WHERE draft_id = $1 ORDER BY revision DESC, seq;

-- name: add_editor
-- Another who may write it.
INSERT INTO draft_editor (draft_id, account) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: remove_editor
-- One who may no longer write it.
DELETE FROM draft_editor WHERE draft_id = $1 AND account = $2;

-- name: remember_request
-- A request's key, unless it is known; whoever comes second waits here until the first is done.
INSERT INTO draft_request (account, key, digest) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING true;

-- name: known_request
-- What came of a request.
SELECT digest, draft_id, etag, body FROM draft_request WHERE account = $1 AND key = $2;

-- name: answer_request
-- What came of it, to be given again.
UPDATE draft_request SET draft_id = $3, etag = $4, body = $5 WHERE account = $1 AND key = $2;

-- name: forget_requests
-- Keys are kept for a day.
DELETE FROM draft_request WHERE at < now() - interval '1 day';

-- name: provisions
-- The provisions of a draft in order.
SELECT eid, position, level, revision, kind, num, heading, note, lang, format, source, content, text, hash, status,
       in_force_from, in_force_to, last_amended, source_id, terms, base_ordinal, base_eid, base_hash, conflict, theirs
FROM draft_provision WHERE draft_id = $1 ORDER BY position;

-- name: provisions_touched
-- The same, with the words of those alone that were touched: of a long act a few.
SELECT eid, position, level, revision, kind, num, heading, note, lang, format, '' AS source,
       CASE WHEN hash IS DISTINCT FROM base_hash THEN content ELSE '' END AS content, '' AS text, hash, status,
       in_force_from, in_force_to, last_amended, source_id, terms, base_ordinal, base_eid, base_hash, conflict, theirs
FROM draft_provision WHERE draft_id = $1 ORDER BY position;

-- name: provision
-- One of them.
SELECT eid, position, level, revision, kind, num, heading, note, lang, format, source, content, text, hash, status,
       in_force_from, in_force_to, last_amended, source_id, terms, base_ordinal, base_eid, base_hash, conflict, theirs
FROM draft_provision WHERE draft_id = $1 AND eid = $2;

-- name: outline
-- Where the provisions of a draft stand, without their words.
SELECT eid, position, level FROM draft_provision WHERE draft_id = $1 ORDER BY position;

-- name: copy_base
-- The provisions of version $2 as those of draft $1.
INSERT INTO draft_provision (draft_id, eid, position, level, kind, num, heading, note, lang, format, source, content, text,
                             hash, status, in_force_from, in_force_to, last_amended, source_id, terms, base_ordinal,
                             base_eid, base_hash)
SELECT $1, vp.eid, vp.ordinal, vp.level, p.kind, p.num, p.heading, p.note, p.lang, 'akn', p.content, p.content, p.text,
       vp.hash, vp.status, vp.in_force_from, vp.in_force_to, vp.last_amended, vp.source_id, vp.terms, vp.ordinal, vp.eid,
       vp.hash
FROM version_provision vp JOIN provision p ON p.hash = vp.hash
WHERE vp.version_id = $2;

-- name: based
-- The same provisions, to be merged with a draft.
SELECT vp.eid, vp.ordinal AS position, vp.level, 0 AS revision, p.kind, p.num, p.heading, p.note, p.lang, 'akn' AS format,
       p.content AS source, p.content, p.text, vp.hash, vp.status, vp.in_force_from, vp.in_force_to, vp.last_amended,
       vp.source_id, vp.terms, vp.ordinal AS base_ordinal, vp.eid AS base_eid, vp.hash AS base_hash,
       NULL::text AS conflict, NULL::bytea AS theirs
FROM version_provision vp JOIN provision p ON p.hash = vp.hash
WHERE vp.version_id = $1 ORDER BY vp.ordinal;

-- name: theirs
-- What the newer base says in place of a provision.
SELECT kind, num, heading, note, content, text FROM provision WHERE hash = $1;

-- name: put_provision
-- A provision as it is now, new or written over.
INSERT INTO draft_provision (draft_id, eid, position, level, revision, kind, num, heading, note, lang, format, source, content,
                             text, hash, status, in_force_from, in_force_to, last_amended, source_id, terms, base_ordinal,
                             base_eid, base_hash, conflict, theirs)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25,
        $26)
ON CONFLICT (draft_id, eid) DO UPDATE
SET position = excluded.position, level = excluded.level, revision = excluded.revision, kind = excluded.kind,
    num = excluded.num, heading = excluded.heading, note = excluded.note, lang = excluded.lang, format = excluded.format,
    source = excluded.source, content = excluded.content, text = excluded.text, hash = excluded.hash,
    status = excluded.status, in_force_from = excluded.in_force_from, in_force_to = excluded.in_force_to,
    terms = excluded.terms, conflict = excluded.conflict, theirs = excluded.theirs;

-- name: remove_provision
-- Takes a provision out.
DELETE FROM draft_provision WHERE draft_id = $1 AND eid = $2;

-- name: clear_provisions
-- Takes all out, to be written anew.
DELETE FROM draft_provision WHERE draft_id = $1;

-- name: move_provision
-- Another place for a provision.
UPDATE draft_provision SET position = $3, level = $4, revision = $5 WHERE draft_id = $1 AND eid = $2;

-- name: version_at
-- The version that stood in a language on a day ($5 null: the current one), as documents has it.
SELECT v.id, v.date, v.revision, v.lang, v.title, v.long_title, v.citations, v.subjects, v.status, v.in_force_from,
       v.last_amended, v.content_hash
FROM version v JOIN work w ON w.id = v.work_id
WHERE w.jurisdiction = $1 AND w.kind = $2 AND w.number = $3 AND v.lang = $4 AND v.date = $5
  AND v.current_from < 'infinity';

-- name: version_by_id
-- One version, while it is held.
SELECT v.id, v.date, v.revision, v.lang, v.title, v.long_title, v.citations, v.subjects, v.status, v.in_force_from,
       v.last_amended, v.content_hash
FROM version v WHERE v.id = $1;

-- name: latest
-- The last text of a work in a language.
SELECT v.id, v.date, v.revision, v.lang, v.title, v.long_title, v.citations, v.subjects, v.status, v.in_force_from,
       v.last_amended, v.content_hash
FROM version v JOIN work w ON w.id = v.work_id
WHERE w.jurisdiction = $1 AND w.kind = $2 AND w.number = $3 AND v.lang = $4 AND v.current_from < 'infinity'
ORDER BY v.date DESC
LIMIT 1;

-- name: is_alias
-- Whether a number already leads to a work of another number.
SELECT EXISTS (SELECT FROM work_alias WHERE jurisdiction = $1 AND kind = $2 AND number = $3);

-- name: add_jurisdiction
-- A jurisdiction that a first text of it brings.
INSERT INTO jurisdiction (id) VALUES ($1) ON CONFLICT DO NOTHING;

-- name: add_work
-- A work that its first text brings.
INSERT INTO work (jurisdiction, kind, number, frbr_uri) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING;

-- name: lock_work
-- Publishing to a work is done by one at a time, so that each sees what the other brought; also of imports, which wait
-- for each other by work and language $4.
SELECT w.id, lock_places(ARRAY[w.id], ARRAY[$4::text])
FROM (SELECT id FROM work WHERE jurisdiction = $1 AND kind = $2 AND number = $3 FOR NO KEY UPDATE) w;

-- name: add_provisions
-- What was written of a draft, unless some version has it already; the rest is that of the base.
INSERT INTO provision (hash, lang, kind, num, heading, note, content, text)
SELECT DISTINCT ON (d.hash) d.hash, d.lang, d.kind, d.num, d.heading, d.note, d.content, d.text
FROM draft_provision d
WHERE d.draft_id = $1 AND d.hash IS DISTINCT FROM d.base_hash
ORDER BY d.hash
ON CONFLICT DO NOTHING;

-- name: add_version
-- The version itself. It follows all texts of its date, also those since withdrawn.
INSERT INTO version (work_id, lang, date, revision, published, title, sort_title, long_title, citations, subjects, status,
                     in_force_from, last_amended, source_ids, content_hash)
SELECT $1, $2, $3,
       1 + greatest((SELECT coalesce(max(v.revision), 0) FROM version v WHERE v.work_id = $1 AND v.lang = $2 AND v.date = $3),
                    (SELECT coalesce(max(t.revision), 0) FROM tombstone t WHERE t.work_id = $1 AND t.lang = $2 AND t.date = $3)),
       $4, $5, $6, $7, $8, $9, $10, $11, $12,
       coalesce((SELECT b.source_ids - 'path' FROM version b WHERE b.id = $14), '{}'), $13
RETURNING id, revision;

-- name: add_placements
-- Its provisions in order. $2, $3, $4 are ordinal, parent and eId; what was changed was last amended on $5.
INSERT INTO version_provision (version_id, ordinal, parent, level, eid, hash, status, in_force_from, in_force_to,
                               last_amended, source_id, terms)
SELECT $1, place.ordinal, place.parent, d.level, d.eid, d.hash, d.status, d.in_force_from, d.in_force_to,
       CASE WHEN d.hash IS DISTINCT FROM d.base_hash THEN coalesce($5::date, d.last_amended) ELSE d.last_amended END,
       d.source_id, d.terms
FROM unnest($2::int[], $3::int[], $4::text[]) AS place (ordinal, parent, eid)
JOIN draft_provision d ON d.draft_id = $6 AND d.eid = place.eid;

-- name: carry_citations
-- What untouched provisions cite, and what the text as a whole says of enabling and amending acts, as the base has it.
INSERT INTO citation (version_id, ordinal, relation, seq, target_uri, target_eid, label)
SELECT $1, place.ordinal, c.relation, c.seq, c.target_uri, c.target_eid, c.label
FROM (SELECT -1 AS base_ordinal, -1 AS ordinal UNION ALL SELECT * FROM unnest($3::int[], $4::int[])) AS place
JOIN citation c ON c.version_id = $2 AND c.ordinal = place.base_ordinal;

-- name: add_citations
-- What written provisions cite.
INSERT INTO citation (version_id, ordinal, relation, seq, target_uri, target_eid, label)
SELECT $1, n.ordinal, 'cites', n.seq, n.target_uri, n.target_eid, n.label
FROM unnest($2::int[], $3::int[], $4::text[], $5::text[], $6::text[]) AS n (ordinal, seq, target_uri, target_eid, label);

-- name: work_references
-- The acts that a version is made under, then those that amended it, in the order of their source.
SELECT target_uri, target_eid, label
FROM citation
WHERE version_id = $1 AND ordinal = -1 AND relation IN ('enabled-by', 'amended-by')
ORDER BY relation = 'amended-by', seq;

-- name: place_versions
-- Puts the versions of a work and language in their places.
SELECT place_versions(ARRAY[$1::bigint], ARRAY[$2::text]);
