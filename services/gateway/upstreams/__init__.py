"""The services' side: replicas, connections to them, and what they answer."""
