"""Every sentence that a person reads: in their language, money as they write it, no wider than their screen."""
