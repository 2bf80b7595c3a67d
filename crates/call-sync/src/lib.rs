//! From Enreach calls to Dynamics 365 phone call activities
