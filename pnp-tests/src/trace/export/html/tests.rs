//! Escaping, and what the page is told.
