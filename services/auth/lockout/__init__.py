"""Slows down guessing of passwords and codes, without locking anybody out of their own account."""
