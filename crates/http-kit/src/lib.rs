//! The one way out over HTTP: deadline, retry, permits, redaction, metrics
