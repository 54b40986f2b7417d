-- What a session's holder has shown of who they are, and when they last did.
-- depends: 0001.accounts

ALTER TABLE session
    ADD COLUMN authenticated_at timestamptz,
    ADD COLUMN methods text[] NOT NULL DEFAULT '{password}'
        CHECK (cardinality(methods) > 0 AND methods <@ '{password,totp,recovery,passkey,federated}'::text[]);
UPDATE session SET authenticated_at = created_at;
ALTER TABLE session
    ALTER COLUMN authenticated_at SET NOT NULL,
    ALTER COLUMN methods DROP DEFAULT;
