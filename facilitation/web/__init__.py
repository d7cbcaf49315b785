"""Pages, signing in, downloads, probes: everything that reads a request."""
