//! Placeholder: AgentService comes here.
