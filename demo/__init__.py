"""A newsroom on loopback with invented outlets, for newcomers without internet and for the tests. Knows nothing of the rooms."""
