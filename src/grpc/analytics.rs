//! Placeholder: AnalyticsService comes here.
