"""Signing in with an account held elsewhere, by OpenID Connect."""
