"""Stands in for the package that Access Server offers to its post-auth scripts."""
