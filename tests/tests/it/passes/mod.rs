//! Passes over the store's keys: how many there are, who shares one, and how they fail.

mod faults;
mod nested;
mod sharing;
mod toll;
