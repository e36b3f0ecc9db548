//! Strict stand-ins for the vendors' APIs.
