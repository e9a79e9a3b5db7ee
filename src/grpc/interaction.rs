//! Placeholder: InteractionService comes here.
