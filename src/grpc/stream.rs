//! Placeholder: the streams come here.
