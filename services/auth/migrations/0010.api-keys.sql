-- Keys with which programs call on behalf of an account, and the rate-limit plans that an administrator chose.
-- depends: 0001.accounts

ALTER TABLE account ADD COLUMN plan text NOT NULL DEFAULT '';  -- empty: the usual one

CREATE TABLE api_key (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32),  -- SHA-256; the key itself is kept nowhere
    hint text NOT NULL,                                     -- its first characters
    name text NOT NULL,
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0), -- none would read as all that the role may do
    plan text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    last_used_at timestamptz,                               -- written some seconds late, for many keys at once
    revoked_at timestamptz
);
CREATE INDEX api_key_account ON api_key (account_id, created_at);
CREATE INDEX api_key_revoked ON api_key (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX api_key_expires ON api_key (expires_at);
