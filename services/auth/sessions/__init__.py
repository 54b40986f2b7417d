"""Sessions: signing in and out, of browsers by an opaque id and of API clients by tokens."""
