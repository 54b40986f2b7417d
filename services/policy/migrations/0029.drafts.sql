-- Drafts: texts that are written here, reviewed by somebody else, and published as versions.
-- depends: 0028.two-time-axes

-- Which step leads from where to where, and what nobody may do to a text that is also their own work.
CREATE TABLE draft_transition (
    action text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    by_another boolean NOT NULL,            -- only by an account that has written nothing of it
    PRIMARY KEY (from_state, to_state)
);
INSERT INTO draft_transition (action, from_state, to_state, by_another) VALUES
    ('submit', 'draft', 'submitted', false),
    ('submit', 'returned', 'submitted', false),
    ('recall', 'submitted', 'draft', false),
    ('approve', 'submitted', 'approved', true),
    ('return', 'submitted', 'returned', true),
    ('return', 'approved', 'returned', true),
    ('publish', 'approved', 'published', true),
    ('withdraw', 'draft', 'withdrawn', false),
    ('withdraw', 'returned', 'withdrawn', false),
    ('withdraw', 'submitted', 'withdrawn', false),
    ('withdraw-version', 'published', 'withdrawn', true);

CREATE TABLE draft (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    state text NOT NULL DEFAULT 'draft'
        CHECK (state IN ('draft', 'submitted', 'returned', 'approved', 'published', 'withdrawn')),
    revision int NOT NULL DEFAULT 1,        -- one more with every step; what an ETag names
    owner text NOT NULL,                    -- account ids, here and below; nothing else is known of a person
    acted_by text NOT NULL,                 -- who took the last step, and which it was
    action text NOT NULL DEFAULT 'create',
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    jurisdiction text NOT NULL,
    kind text NOT NULL,
    number text NOT NULL,
    lang text NOT NULL,
    date date,                              -- since which the text is to stand; null: the day it is published
    title text NOT NULL CHECK (title <> ''),
    long_title text NOT NULL DEFAULT '',
    citations text[] NOT NULL DEFAULT '{}',
    subjects text[] NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'in-force',
    in_force_from date,
    base_version bigint,                    -- no reference: a version may be withdrawn while a draft of it is written
    base_date date,
    base_revision int,
    published_version bigint UNIQUE,
    published_date date,
    CHECK ((base_version IS NULL) = (base_date IS NULL)),
    CHECK ((state = 'published') <= (published_version IS NOT NULL))
);
CREATE INDEX draft_owner ON draft (owner, seq);
CREATE INDEX draft_state ON draft (state, seq);

-- The provisions of a draft, in order of `position`, each whole: nothing of a draft stands in the tables that are read
-- by everybody. `base_*` is what its base had; equal hashes: the words were not touched.
CREATE TABLE draft_provision (
    draft_id uuid NOT NULL REFERENCES draft ON DELETE CASCADE,
    eid text NOT NULL,
    position numeric NOT NULL,
    level smallint NOT NULL CHECK (level BETWEEN 0 AND 30),
    revision int NOT NULL DEFAULT 1,        -- of the draft, when this was last written; what an ETag names
    kind text NOT NULL,
    num text NOT NULL DEFAULT '',
    heading text NOT NULL DEFAULT '',
    note text NOT NULL DEFAULT '',
    lang text NOT NULL,
    format text NOT NULL CHECK (format IN ('markdown', 'akn')),
    source text NOT NULL DEFAULT '',        -- as its editor wrote it; of AKN the content itself
    content text NOT NULL DEFAULT '',       -- inner Akoma Ntoso markup, as in `provision`
    text text NOT NULL DEFAULT '',
    hash bytea NOT NULL,
    status text NOT NULL DEFAULT 'in-force',
    in_force_from date,
    in_force_to date,
    last_amended date,
    source_id text NOT NULL DEFAULT '',
    terms text[] NOT NULL DEFAULT '{}',
    base_ordinal int,
    base_eid text,
    base_hash bytea,
    conflict text CHECK (conflict IN ('both-changed', 'both-added', 'removed-here', 'removed-there')),
    theirs bytea,                           -- hash of what the newer base has in its place
    PRIMARY KEY (draft_id, eid)
);
CREATE UNIQUE INDEX draft_provision_position ON draft_provision (draft_id, position);

-- Who may write it besides its owner.
CREATE TABLE draft_editor (
    draft_id uuid NOT NULL REFERENCES draft ON DELETE CASCADE,
    account text NOT NULL,
    PRIMARY KEY (draft_id, account)
);
CREATE INDEX draft_editor_account ON draft_editor (account);

-- Who has written any of it: the trigger on editorial_event keeps it.
CREATE TABLE draft_author (
    draft_id uuid NOT NULL REFERENCES draft ON DELETE CASCADE,
    account text NOT NULL,
    PRIMARY KEY (draft_id, account)
);

-- What reviewers said when they returned it, of a provision or ('') of the whole.
CREATE TABLE draft_note (
    draft_id uuid NOT NULL REFERENCES draft ON DELETE CASCADE,
    revision int NOT NULL,
    seq int NOT NULL,
    eid text NOT NULL DEFAULT '',
    text text NOT NULL,
    account text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (draft_id, revision, seq)
);

-- Every step, never rewritten. A withdrawn version that no draft brought has no draft_id.
CREATE TABLE editorial_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    draft_id uuid REFERENCES draft,
    revision int,                           -- of the draft, after the step
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    account text NOT NULL,
    request_id text NOT NULL,
    action text NOT NULL,
    eid text NOT NULL DEFAULT '',
    from_state text NOT NULL DEFAULT '',
    to_state text NOT NULL DEFAULT '',
    before bytea,                           -- SHA-256 of what was written over, and of what was written
    after bytea,
    detail text NOT NULL DEFAULT '',
    version_id bigint,
    CHECK ((draft_id IS NULL) = (revision IS NULL)),
    UNIQUE (draft_id, revision)
);

-- Answers to requests that create, by the caller's own key, so that a repeated request creates nothing twice.
CREATE TABLE draft_request (
    account text NOT NULL,
    key text NOT NULL,
    digest bytea NOT NULL,                  -- SHA-256 of the body
    draft_id uuid REFERENCES draft ON DELETE CASCADE,
    etag text NOT NULL DEFAULT '',
    body text NOT NULL DEFAULT '',
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account, key)
);
CREATE INDEX draft_request_at ON draft_request (at);

-- Each step is one revision, goes where the table of transitions says, and is taken by whom it allows. What is submitted
-- or further does not change. Conditions: OP001 no such step, OP002 by one of its authors, OP003 not to be written in this
-- state, OP004 conflicts are open.
CREATE FUNCTION draft_step() RETURNS trigger LANGUAGE plpgsql
    SET search_path = policy, pg_temp
AS $$
DECLARE
    step draft_transition;
BEGIN
    IF NEW.revision <> OLD.revision + 1 OR NEW.id <> OLD.id OR NEW.owner <> OLD.owner THEN
        RAISE EXCEPTION 'a step is one revision of the same draft' USING ERRCODE = 'OP001';
    END IF;
    IF NEW.state = OLD.state AND NOT EXISTS (SELECT FROM draft_transition t WHERE t.action = NEW.action) THEN
        IF OLD.state IN ('published', 'withdrawn') OR OLD.state NOT IN ('draft', 'returned') AND
           (NEW.jurisdiction, NEW.kind, NEW.number, NEW.lang, NEW.date, NEW.title, NEW.long_title, NEW.citations,
            NEW.subjects, NEW.status, NEW.in_force_from, NEW.base_version) IS DISTINCT FROM
           (OLD.jurisdiction, OLD.kind, OLD.number, OLD.lang, OLD.date, OLD.title, OLD.long_title, OLD.citations,
            OLD.subjects, OLD.status, OLD.in_force_from, OLD.base_version)
        THEN
            RAISE EXCEPTION 'a draft that is % is not written any more', OLD.state USING ERRCODE = 'OP003';
        END IF;
        RETURN NEW;
    END IF;
    SELECT * INTO step FROM draft_transition t
    WHERE t.action = NEW.action AND t.from_state = OLD.state AND t.to_state = NEW.state;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no % leads from % to %', NEW.action, OLD.state, NEW.state USING ERRCODE = 'OP001';
    END IF;
    IF step.by_another AND EXISTS (SELECT FROM draft_author a WHERE a.draft_id = NEW.id AND a.account = NEW.acted_by) THEN
        RAISE EXCEPTION 'who wrote any of a draft does not % it', step.action USING ERRCODE = 'OP002';
    END IF;
    IF NEW.state = 'submitted' AND EXISTS (SELECT FROM draft_provision p WHERE p.draft_id = NEW.id AND p.conflict IS NOT NULL)
    THEN
        RAISE EXCEPTION 'conflicts are open' USING ERRCODE = 'OP004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER draft_step BEFORE UPDATE ON draft FOR EACH ROW EXECUTE FUNCTION draft_step();

CREATE FUNCTION draft_begins() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    IF NEW.state <> 'draft' OR NEW.revision <> 1 THEN
        RAISE EXCEPTION 'a draft begins as one' USING ERRCODE = 'OP001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER draft_begins BEFORE INSERT ON draft FOR EACH ROW EXECUTE FUNCTION draft_begins();

CREATE FUNCTION draft_written() RETURNS trigger LANGUAGE plpgsql
    SET search_path = policy, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM draft d WHERE d.id IN (SELECT t.draft_id FROM touched t) AND d.state NOT IN ('draft', 'returned'))
    THEN
        RAISE EXCEPTION 'a draft in this state is not written any more' USING ERRCODE = 'OP003';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER draft_provision_added AFTER INSERT ON draft_provision
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION draft_written();
CREATE TRIGGER draft_provision_changed AFTER UPDATE ON draft_provision
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION draft_written();
CREATE TRIGGER draft_provision_removed AFTER DELETE ON draft_provision
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION draft_written();

-- A step that nobody wrote down cannot be committed.
CREATE FUNCTION draft_audited() RETURNS trigger LANGUAGE plpgsql
    SET search_path = policy, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM editorial_event e WHERE e.draft_id = NEW.id AND e.revision = NEW.revision
                   AND e.account = NEW.acted_by AND e.action = NEW.action AND e.to_state = NEW.state) THEN
        RAISE EXCEPTION 'step % of draft % is not in the record', NEW.revision, NEW.id USING ERRCODE = 'OP005';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER draft_audited AFTER INSERT OR UPDATE ON draft
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION draft_audited();

-- Whoever wrote is an author for good, also when others wrote over it.
CREATE FUNCTION editorial_author() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = policy, pg_temp
AS $$
BEGIN
    IF NEW.action IN ('create', 'describe', 'write', 'insert', 'move', 'remove', 'rebase', 'submit') THEN
        INSERT INTO draft_author VALUES (NEW.draft_id, NEW.account) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER editorial_author AFTER INSERT ON editorial_event FOR EACH ROW EXECUTE FUNCTION editorial_author();

REVOKE UPDATE, DELETE, TRUNCATE ON editorial_event, draft_note FROM openpolicy_policy;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON draft_author, draft_transition FROM openpolicy_policy;
REVOKE DELETE, TRUNCATE ON draft FROM openpolicy_policy;
REVOKE ALL ON FUNCTION editorial_author() FROM PUBLIC;

-- A foreign key looks up, and locks, each provision that a version points at by itself: half of the time it takes to
-- publish a long act of which five sections changed. Provisions are only ever added, so that all of a statement's can be
-- looked up together, and none can go meanwhile.
ALTER TABLE version_provision DROP CONSTRAINT version_provision_hash_fkey;
REVOKE UPDATE, DELETE, TRUNCATE ON provision FROM openpolicy_policy;
GRANT UPDATE (text) ON provision TO openpolicy_policy;  -- a better parser may read the same markup differently

CREATE FUNCTION version_provision_held() RETURNS trigger LANGUAGE plpgsql
    SET search_path = policy, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM placed n WHERE NOT EXISTS (SELECT FROM provision p WHERE p.hash = n.hash)) THEN
        RAISE EXCEPTION 'a version points at a provision that is not stored' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER version_provision_held AFTER INSERT ON version_provision
    REFERENCING NEW TABLE AS placed FOR EACH STATEMENT EXECUTE FUNCTION version_provision_held();
CREATE TRIGGER version_provision_held_still AFTER UPDATE ON version_provision
    REFERENCING NEW TABLE AS placed FOR EACH STATEMENT EXECUTE FUNCTION version_provision_held();
