"""Reading the audit log, and its signed head for everybody."""
