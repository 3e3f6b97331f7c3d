//! Sequences that have found something once, written out.
