//! Every way to log in.
