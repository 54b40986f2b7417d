-- name: held_languages
-- Which languages the index holds, to search them all when none is asked for: from one to the next in the keys' index.
WITH RECURSIVE held AS (
    (SELECT lang FROM search_key ORDER BY lang LIMIT 1)
    UNION ALL
    SELECT (SELECT lang FROM search_key k WHERE k.lang > held.lang ORDER BY lang LIMIT 1) FROM held WHERE lang IS NOT NULL
)
SELECT lang FROM held WHERE lang IS NOT NULL;

-- name: parts
-- Each part of a query as a tsquery, with its stems and how frequent they are. Parts in $3 are beginnings of words: they
-- match stems that begin so, and the stems of known words that do, which may be shorter than the beginning.
SELECT CASE WHEN p.prefix THEN concat_ws(' | ', quote_literal(p.text) || ':*', known.query)
        ELSE phraseto_tsquery($1::text::regconfig, search_words(p.text))::text END AS query,
    CASE WHEN p.prefix THEN ARRAY[p.text] ELSE own.stems END AS stems,
    CASE WHEN p.prefix THEN ARRAY[known.passages] ELSE own.counts END AS counts
FROM unnest($2::text[], $3::boolean[]) WITH ORDINALITY AS p (text, prefix, place)
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(lexeme), '{}') AS stems, coalesce(array_agg(coalesce(t.passages, 0)), '{}') AS counts
    FROM unnest(to_tsvector($1::text::regconfig, search_words(p.text)))
    LEFT JOIN search_term t ON t.analysis = $1 AND t.term = lexeme
    WHERE NOT p.prefix
) own
CROSS JOIN LATERAL (
    SELECT (
            SELECT string_agg(DISTINCT quote_literal(lexeme), ' | ')
            FROM (SELECT word FROM search_vocabulary WHERE analysis = $1 AND word >= p.text AND word < p.text || U&'\FFFF'
                  ORDER BY word LIMIT 500) w
            CROSS JOIN unnest(to_tsvector($1::text::regconfig, word))
            WHERE NOT starts_with(lexeme, p.text)
        ) AS query,
        (SELECT coalesce(sum(passages), 0)::int FROM search_term
         WHERE analysis = $1 AND term >= p.text AND term < p.text || U&'\FFFF') AS passages
    WHERE p.prefix
    UNION ALL SELECT NULL, 0 WHERE NOT p.prefix
) known
ORDER BY p.place;

-- name: sort_keys
SELECT d.id AS document_id, d.date, v.sort_title
FROM search_document d JOIN version v ON v.id = d.version_id
WHERE d.id = ANY ($1::bigint[]);

-- name: facets
-- How often each value occurs among the given passages; $3 names what is counted.
SELECT facet.name, facet.value, count(*)::int AS count
FROM unnest($1::bigint[], $2::int[]) AS i (document_id, place)
JOIN search_passage s USING (document_id, place)
JOIN search_document d ON d.id = s.document_id
CROSS JOIN LATERAL (VALUES
    ('jurisdiction', d.jurisdiction), ('kind', d.kind), ('status', s.status), ('lang', d.lang),
    ('year', extract(year FROM d.date)::int::text)
) AS facet (name, value)
WHERE facet.name = ANY ($3::text[])
GROUP BY facet.name, facet.value;

-- name: literal
-- Those of the given passages whose text holds the words of $3 (a key) one after the other, endings included.
SELECT document_id, place
FROM unnest($1::bigint[], $2::int[]) AS i (document_id, place)
JOIN search_passage s USING (document_id, place)
JOIN search_document d ON d.id = document_id
JOIN version_provision vp ON vp.version_id = d.version_id AND vp.eid = s.eid
JOIN provision p USING (hash)
WHERE strpos(' ' || regexp_replace(lower(search_words(p.text)), '[^[:alnum:]]+', ' ', 'g') || ' ', ' ' || $3::text || ' ') > 0;

-- name: describe
-- What is shown of the found passages, in the order given; $3 tells where the words were found. Of a very long text only
-- what is looked through for a snippet.
SELECT i.document_id, i.place, d.version_id, coalesce(vp.ordinal, -1) AS ordinal, d.jurisdiction, d.kind, d.number, d.title,
    d.status AS work_status, d.lang, d.analysis, d.date, s.eid, coalesce(p.num, '') AS num,
    coalesce(nullif(p.heading, ''), p.note, '') AS heading, s.status,
    coalesce(CASE WHEN octet_length(p.text) > 100000 THEN left(p.text, 50001) ELSE p.text END,
        (SELECT long_title FROM version WHERE id = d.version_id)) AS text,
    ts_filter(s.tsv, '{a}') @@ (SELECT $3::text::tsquery) AS in_note,
    coalesce(vp.terms <> '{}' AND ts_filter(s.tsv, '{a,c}') @@ (SELECT $3::text::tsquery), false) AS in_terms,
    array(
        WITH RECURSIVE up AS (
            SELECT a.parent, a.hash, 1 AS depth FROM version_provision a
            WHERE a.version_id = d.version_id AND a.ordinal = vp.parent
            UNION ALL
            SELECT a.parent, a.hash, depth + 1
            FROM up JOIN version_provision a ON a.version_id = d.version_id AND a.ordinal = up.parent
            WHERE depth < 20
        )
        SELECT trim(h.num || ' ' || h.heading) FROM up JOIN provision h USING (hash)
        WHERE trim(h.num || h.heading) <> ''
        ORDER BY depth DESC
    ) AS path
FROM unnest($1::bigint[], $2::int[]) WITH ORDINALITY AS i (document_id, place, nth)
JOIN search_document d ON d.id = i.document_id
JOIN search_passage s USING (document_id, place)
LEFT JOIN version_provision vp ON vp.version_id = d.version_id AND vp.eid = s.eid
LEFT JOIN provision p ON p.hash = vp.hash
ORDER BY i.nth;

-- name: stems
-- The stem of each word, empty for a stop word.
SELECT word, coalesce((tsvector_to_array(to_tsvector($1::text::regconfig, search_words(word))))[1], '') AS stem
FROM unnest($2::text[]) AS word;

-- name: word_uses
-- For each folded word: in how many passages its stem occurs (that of the rarest part), and whether it stands in a
-- title, note or term. Stop words have no row.
SELECT word, min(coalesce(t.passages, 0))::int AS passages,
    EXISTS (SELECT FROM search_vocabulary v WHERE v.analysis = $1 AND v.word = wanted.word) AS prominent
FROM unnest($2::text[]) AS wanted (word)
CROSS JOIN LATERAL unnest(to_tsvector($1::text::regconfig, search_words(word))) AS stem
LEFT JOIN search_term t ON t.analysis = $1 AND t.term = stem.lexeme
GROUP BY word;

-- name: similar_words
-- Known words that look like $2; their order is settled by the caller.
SELECT word, uses FROM search_vocabulary
WHERE analysis = $1 AND word % $2
ORDER BY similarity(word, $2) DESC, uses DESC, word LIMIT 20;

-- name: complete
-- The different keys that begin with $2 (or, for citations, $3), kind by kind, each at its first place: a loose scan of
-- the index steps from one key to the next. $4 kinds, $5 how many of each.
SELECT lang.lang, wanted.kind, k.norm, k.text, k.document_id, k.place
FROM unnest($1::text[]) WITH ORDINALITY AS lang (lang, lang_place)
CROSS JOIN unnest($4::text[]) WITH ORDINALITY AS wanted (kind, kind_place)
CROSS JOIN LATERAL (SELECT CASE wanted.kind WHEN 'citation' THEN $3::text ELSE $2::text END AS prefix) p
CROSS JOIN LATERAL (
    WITH RECURSIVE step AS (
        (SELECT norm, text, document_id, place, 1 AS nth FROM search_key
         WHERE lang = lang.lang AND kind = wanted.kind AND norm >= p.prefix
         ORDER BY norm, document_id, place LIMIT 1)
        UNION ALL
        SELECT next.norm, next.text, next.document_id, next.place, step.nth + 1
        FROM step CROSS JOIN LATERAL (
            SELECT norm, text, document_id, place FROM search_key
            WHERE lang = lang.lang AND kind = wanted.kind AND norm > step.norm
            ORDER BY norm, document_id, place LIMIT 1
        ) next
        WHERE step.nth < $5 AND starts_with(step.norm, p.prefix)
    )
    SELECT * FROM step WHERE starts_with(norm, p.prefix)
) k
WHERE p.prefix <> ''
ORDER BY kind_place, k.nth, lang_place;

-- name: titles
-- Works whose titles match $2, the shortest titles first. $1 languages, $3 how many.
SELECT d.title AS text, 'title' AS kind, p.document_id, p.place
FROM search_passage p JOIN search_document d ON d.id = p.document_id
WHERE p.place = -1 AND p.tsv @@ $2::text::tsquery AND p.lang = ANY ($1::text[])
ORDER BY length(d.title), d.title, d.id
LIMIT $3;

-- name: places
-- Where suggestions lead, in the order given.
SELECT d.jurisdiction, d.kind, d.number, d.title, d.lang, d.date, s.eid
FROM unnest($1::bigint[], $2::int[]) WITH ORDINALITY AS i (document_id, place, nth)
JOIN search_document d ON d.id = i.document_id
JOIN search_passage s USING (document_id, place)
ORDER BY i.nth;
