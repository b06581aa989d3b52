"""The page as a server: queue, endpoints, life cycle, health and log."""
