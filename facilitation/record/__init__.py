"""Minutes and event record: a document model, what fills it, and one writer per format."""
