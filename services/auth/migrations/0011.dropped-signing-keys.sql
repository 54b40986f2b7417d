-- A signing key that was compromised is dropped at once: it stays for a while, so that its end can be announced again.
-- depends: 0001.accounts

ALTER TABLE signing_key DROP CONSTRAINT signing_key_state_check;
ALTER TABLE signing_key
    ADD CONSTRAINT signing_key_state_check CHECK (state IN ('next', 'active', 'retiring', 'dropped'));
