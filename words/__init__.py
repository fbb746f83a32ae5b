"""Every sentence that a person reads: in their language, with money as they write it, and no wider than their screen."""
