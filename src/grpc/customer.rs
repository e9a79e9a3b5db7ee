//! Placeholder: CustomerService comes here.
