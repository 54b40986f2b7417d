"""Accounts: who may sign in, and the passwords they do it with."""
