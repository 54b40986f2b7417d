"""What people do with their own account: password, address, name, a copy of their data, and its end."""
