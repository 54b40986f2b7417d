-- Sign-in with an account held elsewhere (OpenID Connect): who somebody is there, and whose account that is here.
-- depends: 0001.accounts 0020.mail

CREATE TABLE federated_identity (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    issuer text NOT NULL,
    subject text NOT NULL,                      -- an e-mail address is never who somebody is
    provider text NOT NULL,                     -- what the settings called it
    linked_at timestamptz NOT NULL,
    last_used_at timestamptz,
    UNIQUE (issuer, subject)
);
CREATE INDEX federated_identity_account ON federated_identity (account_id);

-- Accounts that were opened so have a password that nobody knows, until their owner sets one.
CREATE TABLE account_without_password (
    account_id uuid PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    password_hash text NOT NULL
);
