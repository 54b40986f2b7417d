-- Works, their versions, and provisions stored once by content.
-- depends:

CREATE TABLE jurisdiction (
    id text PRIMARY KEY CHECK (id ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    names jsonb NOT NULL DEFAULT '{}'  -- language -> name
);

CREATE TABLE work (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    jurisdiction text NOT NULL REFERENCES jurisdiction,
    kind text NOT NULL,
    number text NOT NULL,
    frbr_uri text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (jurisdiction, kind, number)
);

-- Other numbers under which a work was or is known; reading one answers 301 to the work.
CREATE TABLE work_alias (
    jurisdiction text NOT NULL,
    kind text NOT NULL,
    number text NOT NULL,
    frbr_uri text NOT NULL UNIQUE GENERATED ALWAYS AS ('/akn/' || jurisdiction || '/' || kind || '/' || number) STORED,
    work_id bigint NOT NULL REFERENCES work ON DELETE CASCADE,
    PRIMARY KEY (jurisdiction, kind, number)
);
CREATE INDEX work_alias_work ON work_alias (work_id);

-- The text of one work in one language since one date. A second text for the same date is a further revision
-- (a correction by the publisher), never an overwrite.
CREATE TABLE version (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    work_id bigint NOT NULL REFERENCES work ON DELETE CASCADE,
    lang text NOT NULL,
    date date NOT NULL,
    revision int NOT NULL DEFAULT 1,
    -- The days on which this is the text to show first: it stands, or nothing stands yet and it is the first to come.
    -- Among the versions of one work and language the ranges cover every day exactly once, so that
    -- current_from <= day AND day < current_until finds one of each. A corrected revision holds the empty range.
    current_from date NOT NULL DEFAULT '-infinity',
    current_until date NOT NULL DEFAULT 'infinity',
    published date NOT NULL,                -- when its publisher first released it
    title text NOT NULL,
    sort_title text NOT NULL,               -- lower case, without accents
    long_title text NOT NULL DEFAULT '',
    citations text[] NOT NULL DEFAULT '{}',
    subjects text[] NOT NULL DEFAULT '{}',
    status text NOT NULL,
    in_force_from date,
    last_amended date,
    source_ids jsonb NOT NULL DEFAULT '{}',
    content_hash bytea NOT NULL,            -- SHA-256 over the titles and all provisions, in order
    content_changed_at timestamptz NOT NULL DEFAULT now(),
    source_checked_at timestamptz NOT NULL DEFAULT now(),
    indexed_at timestamptz,                 -- null: the search index does not have this text yet
    UNIQUE (work_id, lang, date, revision)
);
CREATE INDEX version_by_title ON version (sort_title, work_id);
CREATE INDEX version_by_date ON version (date, work_id);
CREATE INDEX version_not_indexed ON version (id) WHERE indexed_at IS NULL;

-- Content-addressed: an unchanged provision is stored once over all versions and releases.
CREATE TABLE provision (
    hash bytea PRIMARY KEY,
    lang text NOT NULL,
    kind text NOT NULL,
    num text NOT NULL,
    heading text NOT NULL,
    note text NOT NULL,
    content text NOT NULL,  -- inner Akoma Ntoso markup, relative eIds
    text text NOT NULL
);

-- Which provisions make up a version, in document order.
CREATE TABLE version_provision (
    version_id bigint NOT NULL REFERENCES version ON DELETE CASCADE,
    ordinal int NOT NULL,
    parent int,                             -- ordinal of the parent, null at the top
    level smallint NOT NULL,
    eid text NOT NULL,
    hash bytea NOT NULL REFERENCES provision,
    status text NOT NULL,
    in_force_from date,
    in_force_to date,
    last_amended date,
    source_id text NOT NULL DEFAULT '',
    terms text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (version_id, ordinal),
    UNIQUE (version_id, eid)
);

-- Where a version's text points at other texts; resolved when read, so that a target imported later is found.
CREATE TABLE citation (
    version_id bigint NOT NULL REFERENCES version ON DELETE CASCADE,
    ordinal int NOT NULL,                   -- of the citing provision; -1: the work as a whole
    relation text NOT NULL,                 -- cites, enabled-by, amended-by
    seq int NOT NULL,
    target_uri text NOT NULL,               -- frbr_uri of the cited work, '' when the source names none
    target_eid text NOT NULL DEFAULT '',
    label text NOT NULL,
    PRIMARY KEY (version_id, ordinal, relation, seq)
);
CREATE INDEX citation_target ON citation (target_uri) WHERE target_uri <> '';
