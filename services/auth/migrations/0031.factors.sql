-- Second factors: an authenticator app, passkeys, recovery codes; and what was begun with them and is to be finished.
-- depends: 0001.accounts

CREATE TABLE totp (
    account_id uuid PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    sealed_secret bytea NOT NULL,               -- AES-256-GCM: nonce, then ciphertext with tag
    created_at timestamptz NOT NULL,
    last_step bigint NOT NULL                   -- of the last code used: neither it nor an earlier one is good again
);

CREATE TABLE passkey (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    credential_id bytea NOT NULL UNIQUE CHECK (length(credential_id) BETWEEN 1 AND 1023),
    public_key bytea NOT NULL,                  -- COSE
    sign_count bigint NOT NULL,
    transports text[] NOT NULL DEFAULT '{}',
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz
);
CREATE INDEX passkey_account ON passkey (account_id);

CREATE TABLE recovery_code (
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    used_at timestamptz,
    PRIMARY KEY (account_id, hash)
);

-- What was begun, and can be finished once by whoever holds the secret: a sign-in after the password, the enrolment of
-- an app, a passkey's challenge.
CREATE TABLE ceremony (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32),   -- SHA-256 of the secret
    purpose text NOT NULL CHECK (purpose IN ('sign-in', 'totp', 'passkey', 'challenge')),
    account_id uuid REFERENCES account ON DELETE CASCADE,
    sid uuid REFERENCES session ON DELETE CASCADE,      -- the session that it was begun in, where there is one
    epoch int NOT NULL DEFAULT 0,
    methods text[] NOT NULL DEFAULT '{}',               -- what was shown so far
    challenge bytea,
    sealed_secret bytea,
    attempts int NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ceremony_expires ON ceremony (expires_at);
