-- Mail that is to be sent, links that prove an address, and accounts whose address is proven.
-- depends: 0001.accounts

ALTER TABLE account ADD COLUMN verified_at timestamptz;  -- until then nobody signs in with it
ALTER TABLE account ADD COLUMN lang text NOT NULL DEFAULT 'en' CHECK (lang IN ('en', 'fr'));  -- of mail to its owner
UPDATE account SET verified_at = created_at;
CREATE INDEX account_unverified ON account (created_at) WHERE verified_at IS NULL;

-- Written in the transaction that causes the mail, so that there is neither one without the other.
CREATE TABLE mail (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    recipient text NOT NULL,
    lang text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,                         -- emptied once sent: it holds links
    created_at timestamptz NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    give_up_at timestamptz NOT NULL,            -- nobody wants it any more, since its link has expired
    attempts int NOT NULL DEFAULT 0,
    last_error text NOT NULL DEFAULT '',
    sent_at timestamptz,
    given_up_at timestamptz
);
CREATE INDEX mail_due ON mail (next_attempt_at) WHERE sent_at IS NULL AND given_up_at IS NULL;
CREATE INDEX mail_recipient ON mail (recipient, created_at);
CREATE INDEX mail_created ON mail (created_at);

CREATE TABLE account_link (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32),
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    purpose text NOT NULL CHECK (purpose IN ('verify', 'reset', 'change-email', 'undo-email')),
    email text NOT NULL,                        -- the address that the link went to
    password_hash text,                         -- of the registration that it confirms: the last to register may be
    display_name text,                          -- somebody else than the first
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CHECK ((purpose = 'verify') = (password_hash IS NOT NULL)),
    CHECK ((purpose = 'verify') = (display_name IS NOT NULL))
);
CREATE INDEX account_link_account ON account_link (account_id, purpose);
CREATE INDEX account_link_expires ON account_link (expires_at);

-- Who asked for a link to a new password. Whether there is an account is looked up later, so that the answer to the
-- question takes as long for a known as for an unknown address.
CREATE TABLE reset_request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL,
    lang text NOT NULL,
    asked_at timestamptz NOT NULL,
    request_id text NOT NULL
);
