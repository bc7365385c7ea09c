//! What becomes of every fault.
