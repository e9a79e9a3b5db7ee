//! Tests of the engine from outside: who is chosen, who may take what, where an arrival goes, and
//! that the floor is the same however it came to be. Nothing here has a clock or a database; chance
//! comes from seeds that a failure prints.

mod eligibility;
mod fold;
mod intake;
mod model;
mod staffing;
mod strategy;
mod support;
