//! Placeholder: the conversions between nouns and messages come here.
