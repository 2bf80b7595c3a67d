//! Client for the Enreach Cloud REST API
