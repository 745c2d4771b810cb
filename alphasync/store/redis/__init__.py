"""The kinds of Redis: one, one behind Sentinel, a Cluster, one in memory; commands and channels."""
