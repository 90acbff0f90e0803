//! The tests that a bug handler must pass, and a server for stand-ins.
//!
//! An author gives a [`World`]: a stand-in of the tracker that answers as it
//! does, and ways to look into it. [`bug_suite!`](crate::bug_suite) makes a
//! test of each of [`tests`]:
//!
//! ```ignore
//! mod stand_in;
//! monkeyfarm_bug_kit::bug_suite!(suite, crate::stand_in::world);
//! ```
//!
//! A test that cannot go on has failed: nothing here returns an error.
#![allow(clippy::unwrap_used)]

mod bench;
mod server;
pub mod tests;

pub use monkeyfarm_plugin_api::BugHandler;

pub use bench::Bench;
pub use server::{Fault, Request, Response, Server, deserted};

/// A tracker's stand-in. A new one has no bug.
pub trait World {
    /// The handler under test.
    fn handler(&self) -> Box<dyn BugHandler>;
    /// The server that stands in.
    fn server(&self) -> &Server;
    /// Name in `[secrets]` of what the tracker wants to see, and the one value
    /// that it takes.
    fn key(&self) -> (&'static str, String);
    /// What the hub keeps for the handler, so that all bugs may be touched.
    fn config(&self) -> String {
        String::new()
    }
    /// Makes an open bug: what people call it.
    fn make(&self, title: &str) -> String;
    /// What people would call a bug that there is not.
    fn unknown(&self) -> String;
    /// Makes a bug open or closed, as somebody else does.
    fn set_open(&self, bug: &str, open: bool);
    /// Whether a bug is open.
    fn is_open(&self, bug: &str) -> bool;
    /// Says something on a bug, as somebody else does.
    fn say(&self, bug: &str, text: &str);
    /// What was said on a bug, in order.
    fn said(&self, bug: &str) -> Vec<String>;
}

/// Makes the suite's tests for what a function makes, in a module of that name.
#[macro_export]
macro_rules! bug_suite {
    ($name:ident, $world:path) => {
        mod $name {
            $crate::__bug_suite_tests! { $world;
                a_bug_is_shown_as_it_is
                a_comment_is_made_once_for_each_marker
                closing_says_why_and_closes
                a_closed_bug_stays_closed_and_hears_why
                a_bug_is_opened_again
                a_link_names_the_build
                a_reply_that_is_lost_doubles_nothing
                a_marker_is_found_among_many_comments
                a_tracker_that_is_down_is_tried_again
                a_tracker_that_is_slow_is_tried_again
                a_wrong_key_is_tried_again_and_never_shown
                a_bug_that_there_is_not_is_refused
                what_is_no_bug_is_refused_before_anybody_is_asked
                a_reply_that_is_no_json_is_tried_again
                a_limit_of_an_hour_is_waited_out
                a_key_is_not_sent_after_a_redirect
                a_configuration_that_is_wrong_loses_nothing
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __bug_suite_tests {
    ($world:path; $($test:ident)*) => {
        $(
            #[test]
            fn $test() {
                $crate::suite::tests::$test(&$world());
            }
        )*
    };
}
