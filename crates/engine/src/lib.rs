//! Decisions: given what exists and the time, what should happen next. Everything here is a pure
//! function of its arguments: no clock, no chance, no I/O, no hash-map order. So the same code
//! routes live, explains itself, and can replay what was recorded.
//!
//! [`floor`] is the state that routing decides on; [`routing`] chooses who gets what; [`mint`]
//! makes ids from a recorded seed; [`retry`] says when to try again; [`sim`] what would happen;
//! [`staffing`] how many agents a load needs; [`calendar`] when a tenant is open, [`shift`] when
//! its agents work, [`sla`] how its promises stand, and [`wait`] how long whoever waits still will.

pub mod calendar;
pub mod escalation;
pub mod floor;
pub mod mint;
pub mod retry;
pub mod routing;
pub mod shift;
pub mod sim;
pub mod sla;
pub mod staffing;
pub mod wait;
