-- Accounts, their sessions and refresh tokens, signing keys, the first administrator's link, and the audit trail.
-- depends:

CREATE TABLE account (
    id uuid PRIMARY KEY,
    email text COLLATE "C" NOT NULL UNIQUE,     -- NFC, lower case; also the order in which accounts are listed
    display_name text NOT NULL,
    password_hash text NOT NULL,
    role text NOT NULL CHECK (role IN ('reader', 'editor', 'reviewer', 'admin')),
    epoch int NOT NULL DEFAULT 1,               -- rises with each change of role or credentials
    epoch_changed_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    disabled_at timestamptz
);
CREATE INDEX account_epoch_changed ON account (epoch_changed_at);
CREATE INDEX account_admin ON account (id) WHERE role = 'admin';

CREATE TABLE session (
    sid uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('browser', 'api')),
    id_hash bytea UNIQUE CHECK (length(id_hash) = 32),  -- SHA-256 of the browser's session id; API clients have none
    user_agent text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,            -- the absolute end, however much it is used
    revoked_at timestamptz,
    CHECK ((kind = 'browser') = (id_hash IS NOT NULL))
);
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_revoked ON session (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX session_expires ON session (expires_at);

-- All tokens of one sign-in are one family: they share its session.
CREATE TABLE refresh_token (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32),
    sid uuid NOT NULL REFERENCES session ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    successor bytea,
    CHECK ((used_at IS NULL) = (successor IS NULL))
);
CREATE INDEX refresh_token_sid ON refresh_token (sid);

CREATE TABLE signing_key (
    kid text PRIMARY KEY,
    public_key bytea NOT NULL CHECK (length(public_key) = 32),  -- Ed25519, raw
    sealed_private_key bytea NOT NULL,                           -- AES-256-GCM: nonce, then ciphertext with tag
    state text NOT NULL CHECK (state IN ('next', 'active', 'retiring')),
    created_at timestamptz NOT NULL,
    state_changed_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX signing_key_one_active ON signing_key (state) WHERE state = 'active';
CREATE UNIQUE INDEX signing_key_one_next ON signing_key (state) WHERE state = 'next';

CREATE TABLE first_admin_link (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

-- Append-only. It refers to no table, so that it outlives what it tells about.
CREATE TABLE audit_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    action text NOT NULL,
    actor uuid,                                 -- the account that acted
    subject uuid,                               -- the account acted upon
    pseudonym text NOT NULL DEFAULT '',         -- keyed hash of an address that may belong to nobody
    sid uuid,
    detail jsonb NOT NULL DEFAULT '{}',
    request_id text NOT NULL DEFAULT ''
);
CREATE INDEX audit_event_subject ON audit_event (subject, id);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'openpolicy_auth') THEN
        REVOKE UPDATE, DELETE, TRUNCATE ON audit_event FROM openpolicy_auth;
    END IF;
END
$$;
