//! Placeholder: RoutingService comes here.
