//! Tests of the engine from outside: who is chosen, who may take what, where an arrival goes, and
//! that the floor is the same however it came to be. Nothing here has a clock or a database; chance
//! comes from seeds that a failure prints.

mod book;
mod calendar;
mod choices;
mod eligibility;
mod escalation;
mod explain;
mod expression;
mod fold;
mod intake;
mod labels;
mod lint;
mod matching;
mod model;
mod naive;
mod order;
mod plan;
mod reach;
mod replay;
mod room;
mod shift;
mod sim;
mod sla;
mod staffing;
mod strategy;
mod support;
mod wait;
