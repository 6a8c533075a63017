"""Files that should not change: what AIDE finds different, which of that is explained, and what is told."""
