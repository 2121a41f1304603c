"""Recorded streams through engines that share the work."""
