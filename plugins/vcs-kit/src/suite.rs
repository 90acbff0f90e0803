//! The tests that a vcs handler must pass, and servers to run them against.
//!
//! An author gives a [`World`]: how a repository is made, changed and served
//! with the system's own programs. [`vcs_suite!`](crate::vcs_suite) makes a
//! test of each of [`tests`], for each way of serving, and
//! [`vcs_access_suite!`](crate::vcs_access_suite) of each of [`access`]:
//!
//! ```ignore
//! mod world;
//! monkeyfarm_vcs_kit::vcs_suite!(daemon, world::over_daemon());
//! monkeyfarm_vcs_kit::vcs_suite!(web, world::over_http());
//! monkeyfarm_vcs_kit::vcs_access_suite!(access, world::over_daemon());
//! ```
//!
//! A test that cannot go on has failed: nothing here returns an error.
#![allow(clippy::unwrap_used)]

pub mod access;
mod bench;
mod listen;
pub mod sshd;
pub mod tests;
pub mod tls;
pub mod victim;
pub mod web;

use std::path::{Path, PathBuf};
use std::process::Command;

use monkeyfarm_plugin_api::VcsHandler;

pub use bench::Bench;
pub use listen::{deserted, listen};
use sshd::Sshd;
use web::Content;

/// Repositories of one system, and a server for them. A repository has a
/// branch from the start, its default one, which the suite calls by no name.
pub trait World: Sync {
    /// The handler under test.
    fn handler(&self) -> Box<dyn VcsHandler>;
    /// Makes a repository without a revision.
    fn make(&self, repository: &str);
    /// A work tree of a branch, to be changed and then committed. No branch:
    /// the default one.
    fn work(&self, repository: &str, branch: &str) -> PathBuf;
    /// Commits what is in the work tree, by `Ada <ada@example.org>`, and puts
    /// it on the server: the full name of the new revision.
    fn commit(&self, repository: &str, branch: &str, message: &str) -> String;
    /// Makes a branch of what the default one is now.
    fn branch(&self, repository: &str, new: &str);
    /// Makes a tag, or moves it.
    fn tag(&self, repository: &str, tag: &str, revision: &str);
    /// Makes `revision` the newest of a branch, whatever that was before.
    fn reset(&self, repository: &str, branch: &str, revision: &str);
    /// Removes a branch, not the default one.
    fn remove_branch(&self, repository: &str, branch: &str);
    /// Removes a repository.
    fn remove(&self, repository: &str);
    /// Where the server has it.
    fn url(&self, repository: &str) -> String;
    /// The same place on a server that is another one: `host:port`.
    fn url_at(&self, address: &str, repository: &str) -> String;
    /// The same place, reached by ssh.
    fn url_over_ssh(&self, sshd: &Sshd, repository: &str) -> String;
    /// What a web server that is another one has to serve.
    fn content(&self) -> Content;
}

/// Makes the suite's tests for a world, in a module of that name.
#[macro_export]
macro_rules! vcs_suite {
    ($name:ident, $world:expr) => {
        mod $name {
            $crate::__vcs_suite_tests! { tests, $world;
                a_branch_a_tag_a_revision_and_the_default
                a_head_is_what_a_checkout_would_be
                changes_have_author_date_and_message
                what_moved_is_followed_even_backwards
                the_revision_of_a_build_stays_what_it_was
                what_is_gone_is_said
                an_empty_repository_says_so
                a_place_where_nothing_answers_is_named
                many_tasks_share_one_cache
                a_damaged_cache_is_mended
                a_hostile_source_stays_in_its_place
                what_is_no_url_or_name_does_nothing
                a_host_may_say_where_source_comes_from
            }

            #[test]
            fn killed_at_any_moment_it_leaves_a_usable_cache() {
                $crate::suite::victim::killed_at_any_moment(&$world, module_path!());
            }

            #[test]
            fn a_full_disk_is_said_and_poisons_nothing() {
                $crate::suite::victim::full_disk(&$world, module_path!());
            }

            /// Not a test of its own: the process that others kill.
            #[test]
            fn victim() {
                $crate::suite::victim::run(|| $world);
            }
        }
    };
}

/// Makes the tests of what a host may say about reaching servers, in a module
/// of that name. They have servers of their own: one world is enough.
#[macro_export]
macro_rules! vcs_access_suite {
    ($name:ident, $world:expr) => {
        mod $name {
            $crate::__vcs_suite_tests! { access, $world;
                https_takes_a_certificate_that_the_host_trusts
                a_login_of_the_host_is_shown_to_its_server_alone
                ssh_uses_the_key_and_the_hosts_that_the_host_names
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __vcs_suite_tests {
    ($room:ident, $world:expr; $($test:ident)*) => {
        $(
            #[test]
            fn $test() {
                $crate::suite::$room::$test(&$world);
            }
        )*
    };
}

/// Runs a program of the world's in `dir`, undisturbed by who runs the test,
/// and gives what it says.
pub fn run(dir: &Path, program: &str, args: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(args).current_dir(dir).env_clear();
    command.envs([
        ("PATH", monkeyfarm_plugin_api::command::PATH),
        ("LANG", "C.UTF-8"),
        ("HOME", "/nonexistent"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("BRZ_HOME", "/nonexistent"),
        ("BRZ_LOG", "/dev/null"),
        ("BRZ_EMAIL", "Ada <ada@example.org>"),
    ]);
    let said = command.output().unwrap_or_else(|error| panic!("cannot run {program}: {error}"));
    let complaint = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{program} {args:?}: {complaint}");
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}
